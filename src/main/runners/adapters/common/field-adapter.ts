import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { RunnerSpec } from '../../../../shared/model/runner-spec.ts'
import type { FieldProfile, Profile } from '../../../../shared/model/runner.ts'
import { numberSetting, textSetting } from '../../../../shared/model/specs/index.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import type { ContainerPlan, LaunchPlan, PlanContext, RunnerAdapter } from '../../supervisor/adapter.ts'
import { exchange } from './http.ts'
import { findProgram } from './find-program.ts'
import { choosePort, loopbackUrl } from './port.ts'

const ALL_ADDRESSES = '0.0.0.0'
const LOOPBACK = '127.0.0.1'

/** Where a server is to listen, as its own options say it. */
export interface Listen {
  readonly host: string
  readonly port: number
}

/** argv after the program, and its environment. */
export interface Command {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** What one kind adds to what all kinds described by fields do alike. */
export interface FieldAdapterParts extends Pick<
  RunnerAdapter,
  'recognise' | 'prove' | 'activity' | 'explainExit' | 'loadedShare' | 'free' | 'models' | 'setUp'
> {
  readonly spec: RunnerSpec
  /** Names of its program on this machine. */
  readonly programs: readonly string[]
  /** What runs inside the usual image: empty = the image's own command. */
  readonly containerProgram: string
  /** Where it listens inside a container. */
  readonly containerPort: number
  /** Everything that can be checked before launch is checked here. */
  command(profile: FieldProfile, listen: Listen, isContainer: boolean): Result<Command, ContractError>
  /** Answers 200 once it is ready; 503 and what `isLoading` says mean that it loads. */
  readonly readyPath: string
}

/** An adapter for a server whose settings are fields: finds program and port, plans natively or in a container. */
export function createFieldAdapter(parts: FieldAdapterParts): RunnerAdapter {
  const { spec } = parts
  const find = (given: string, env: NodeJS.ProcessEnv): ReturnType<typeof findProgram> =>
    findProgram(given, parts.programs, env)
  return {
    kind: spec.kind,
    defaultPort: spec.defaultPort,
    recognise: parts.recognise,
    prove: parts.prove,
    activity: parts.activity,
    explainExit: parts.explainExit,
    loadedShare: parts.loadedShare,
    free: parts.free,
    models: parts.models,
    setUp: parts.setUp,
    addressOf(commandLine) {
      const found = parts.recognise(commandLine)
      return found === null || found.port === null || found.url === null
        ? null
        : { port: found.port, url: found.url }
    },
    async installed({ env }) {
      const found = await find('', env)
      return found.ok ? { path: found.value, problem: null } : { path: null, problem: found.error.message }
    },
    async probe(url, timeoutMs) {
      if (!URL.canParse(url)) return 'no-answer'
      const answer = await exchange(new URL(parts.readyPath, url).href, timeoutMs)
      if (answer === null) return 'no-answer'
      if (answer.status === 200) return 'ready'
      return answer.status === 503 ? 'loading' : 'no-answer'
    },
    plan: (profile, context) => planField(parts, profile, context)
  }
}

async function planField(
  parts: FieldAdapterParts,
  profile: Profile,
  context: PlanContext
): Promise<Result<LaunchPlan, ContractError>> {
  const { spec } = parts
  if (profile.kind === 'llamacpp' || profile.kind !== spec.kind) {
    throw new Error(`a profile of ${profile.kind} given to ${spec.kind}`)
  }
  if (spec.model.form !== 'none' && profile.modelPath === '') {
    const message = `${profile.label} names no model. Give one: ${spec.model.label}, like ${spec.model.placeholder}.`
    return err({ code: 'model-missing', message })
  }
  const { container } = profile
  const program = container === null ? await find(parts, profile, context.env) : ok(parts.containerProgram)
  if (!program.ok && context.isPreview !== true) return program
  const port = await choosePort(numberSetting(profile, 'port'), spec.defaultPort, context)
  if (!port.ok) return port
  const hostAddress = profile.lan ? ALL_ADDRESSES : LOOPBACK
  const command = parts.command(
    profile,
    // Inside a container its loopback is not this machine's; what is published decides who may connect.
    container === null
      ? { host: hostAddress, port: port.value }
      : { host: ALL_ADDRESSES, port: parts.containerPort },
    container !== null
  )
  if (!command.ok) return command
  const around: ContainerPlan | null =
    container === null
      ? null
      : {
          image: container.image,
          gpus: container.gpus,
          shmBytes: container.shmMiB * 1024 ** 2,
          hostIpc: container.hostIpc,
          mounts: container.mounts,
          containerPort: parts.containerPort,
          hostAddress
        }
  return ok({
    file: program.ok ? program.value : (parts.programs[0] ?? spec.name),
    args: command.value.args,
    container: around,
    env: { ...command.value.env, ...environmentOf(container?.env ?? []) },
    port: port.value,
    url: loopbackUrl(port.value),
    modelBytes: null
  })
}

const find = (
  parts: FieldAdapterParts,
  profile: FieldProfile,
  env: NodeJS.ProcessEnv
): ReturnType<typeof findProgram> => {
  const hasBinary = parts.spec.fields.some(({ key }) => key === 'binary')
  return findProgram(hasBinary ? textSetting(profile, 'binary') : '', parts.programs, env)
}

const environmentOf = (lines: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=')
      return [line.slice(0, at), line.slice(at + 1)]
    })
  )

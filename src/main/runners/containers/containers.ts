import type { ContractError } from '../../../shared/contract/errors.ts'
import { err, ok } from '../../../shared/util/result.ts'
import type { Logger } from '../../platform/ports.ts'
import type { Containers } from '../supervisor/container-port.ts'
import { MARK_VARIABLE } from '../supervisor/environment-mark.ts'
import { containerCommandLine } from './command-line.ts'
import { readContainerEnd } from './container-end.ts'
import { containerName } from './container-name.ts'
import { createBody } from './create-body.ts'
import { createContainer } from './create-container.ts'
import type { EngineClient } from './engine-client.ts'
import { faultInWords } from './fault-words.ts'
import { engineProblem, findEngine, type EngineName, type EngineReport } from './find-engine.ts'
import { checkImageName, hasImage, pullImage } from './image.ts'
import { member, numberMember } from './json.ts'
import { createLiveContainer, removeContainer } from './live-container.ts'
import { prepareMounts } from './mounts.ts'
import { pullInWords, type PullProgress } from './pull-progress.ts'
import { registryAuth } from './registry-auth.ts'
import { startFault } from './start-faults.ts'

/** GPU hooks and a network of its own take seconds. */
const START_TIMEOUT_MS = 60_000
const INSPECT_TIMEOUT_MS = 10_000

/** A pull, for whoever shows it: settles with what stood in the way, or null. */
export type Pull = (
  /** Aborted: it is given up. */
  signal: AbortSignal,
  report: (progress: PullProgress, text: string) => void
) => Promise<ContractError | null>

/** Runs a pull where long work is shown; settles as the pull does. */
export type ShowPull = (label: string, pull: Pull) => Promise<ContractError | null>

/** Containers of this machine's engine, which is looked for anew at each start. */
export interface EngineContainers extends Containers {
  /** The engine that would be used, or what to do where there is none. */
  engine(): Promise<EngineReport>
  /** The engine that was found last; Docker, where none has been yet. */
  lastEngine(): EngineName
}

export function createContainers(ports: {
  readonly env: NodeJS.ProcessEnv
  readonly homeDir: string
  readonly logger: Logger
  readonly showPull?: ShowPull
}): EngineContainers {
  const { env, homeDir, logger } = ports
  const showPull: ShowPull =
    ports.showPull ?? ((_label, pull) => pull(new AbortController().signal, () => {}))

  let lastEngine: EngineName = 'docker'
  const find: typeof findEngine = async (...where) => {
    const found = await findEngine(...where)
    lastEngine = found.report.name ?? lastEngine
    return found
  }

  const provideImage = async (
    client: EngineClient,
    image: string,
    abort: AbortSignal,
    onPhase: (words: string) => void
  ): Promise<ContractError | null> => {
    const reference = checkImageName(image)
    if (!reference.ok) return reference.error
    const here = await hasImage(client, image, abort)
    if (!here.ok) return here.error
    if (here.value) return null
    onPhase(`Pulling ${image}.`)
    const login = await registryAuth(reference.value.registry, env, homeDir)
    return showPull(`Image ${image}`, (signal, report) =>
      pullImage({
        client,
        image,
        reference: reference.value,
        login,
        abort: AbortSignal.any([abort, signal]),
        onProgress(progress) {
          const words = pullInWords(image, progress)
          report(progress, words)
          onPhase(words)
        }
      })
    )
  }

  return {
    engine: async () => (await find(env)).report,
    lastEngine: () => lastEngine,
    commandLine: (id, plan) => containerCommandLine(plan, containerName(id), lastEngine, homeDir),
    attach: (record, logPath, sinceMs) => createLiveContainer({ record, logPath, sinceMs, logger }),
    async start({ id, mark, plan, logPath, abort, onPhase }) {
      const { container: around } = plan
      if (around === null) return err({ code: 'internal', message: `${id} has no container.` })
      const mounts = await prepareMounts(around.mounts, homeDir)
      if (mounts !== null) return err(mounts)
      const { client, report } = await find(env, abort)
      if (client === null || report.name === null) return err(engineProblem(report))
      const image = await provideImage(client, around.image, abort, onPhase)
      if (image !== null) return err(image)
      const body = createBody({
        id,
        mark,
        plan,
        env: { ...plan.env, [MARK_VARIABLE]: mark },
        engine: report.name,
        homeDir
      })
      const made = await createContainer({ client, id, plan, body, abort })
      if (!made.ok) return made
      const path = `/containers/${made.value}`
      const started = await client.json({
        method: 'POST',
        path: `${path}/start`,
        timeoutMs: START_TIMEOUT_MS,
        abort
      })
      if (!started.ok) {
        const problem = await removeContainer(client, made.value)
        return err(withLeft(startFault(started.error, plan), left(problem, id, report.name)))
      }
      const record = { id: made.value, socket: client.socket }
      const container = createLiveContainer({ record, logPath, sinceMs: null, logger })
      const inspected = await client.json({ path: `${path}/json`, timeoutMs: INSPECT_TIMEOUT_MS, abort })
      const pid = inspected.ok ? (numberMember(member(inspected.value, 'State'), 'Pid') ?? 0) : 0
      if (pid > 0) return ok({ container, pid })
      const words = left(await container.remove(), id, report.name)
      container.dispose()
      if (!inspected.ok) return err(withLeft(faultInWords('what it had started', inspected.error), words))
      const end = readContainerEnd(inspected.value)?.words ?? 'ended'
      const message = `The container ${end} as soon as it was started. Look at its log.`
      return err(withLeft({ code: 'runner-failed', message }, words))
    }
  }
}

/** What a failed start leaves behind, and how to be rid of it; '' where the container is gone. */
function left(problem: string | null, id: string, engine: EngineName): string {
  if (problem === null) return ''
  const name = containerName(id)
  return ` Its container ${name} is left, because it could not be removed: ${problem}. Remove it with: ${engine} rm --force ${name}`
}

const withLeft = (error: ContractError, words: string): ContractError => ({
  ...error,
  message: `${error.message}${words}`
})

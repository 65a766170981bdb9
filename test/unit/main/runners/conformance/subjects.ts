import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  LaunchPlan,
  PlanContext,
  PortState
} from '../../../../../src/main/runners/supervisor/adapter.ts'
import { ADAPTERS } from '../../../../../src/main/runners/adapters/registry.ts'
import type { ContractError } from '../../../../../src/shared/contract/errors.ts'
import { profileSchema } from '../../../../../src/shared/contract/schemas.ts'
import type { ContainerSettings, Profile, RunnerKind } from '../../../../../src/shared/model/runner.ts'
import { RUNNER_SPECS } from '../../../../../src/shared/model/specs/index.ts'
import type { Result } from '../../../../../src/shared/util/result.ts'
import { defaultLlamaCppSettings } from '../../../../../src/shared/settings/llamacpp-defaults.ts'
import { defaultSettings } from '../../../../../src/shared/settings/schema.ts'
import { makeGguf } from '../../../../support/make-gguf.ts'

/** What one kind needs to be planned at all, and which parts of the suite have no meaning for it. */
export interface Subject {
  /** Names of its program, put on PATH; empty: it has none of its own. */
  readonly programs: readonly string[]
  /** Of a profile that can be started; the default of every other setting. */
  readonly settings: Readonly<Record<string, number | string | boolean | readonly string[]>>
  /** Settings that name a program which is not there; null: an empty PATH is how it is missing. */
  readonly missingProgram: Readonly<Record<string, string | readonly string[]>> | null
  /** There is something to install: not so where the user brings the program. */
  readonly isInstalled: boolean
  /** Settings with which its command holds these items as they are; null: nobody can give it any. */
  withArgs(items: readonly string[]): Readonly<Record<string, readonly string[]>> | null
  /** It runs in a container alone, or never in one. */
  readonly container: 'only' | 'can' | 'never'
  /** It listens at a port that its profile chooses. */
  readonly listens: boolean
  /** It answers for itself over HTTP; where not, nothing that a server does tells of it. */
  readonly isAsked: boolean
  /** Its model, and the code with which a missing one is refused before the launch; null: it is fetched or has none. */
  readonly missingModel: { readonly path: string; readonly code: ContractError['code'] } | null
}

const SERVER = {
  settings: {},
  missingProgram: null,
  isInstalled: true,
  withArgs: (items: readonly string[]) => ({ extraArgs: items }),
  listens: true,
  isAsked: true,
  missingModel: null
}
const FIXED = { withArgs: () => null }
const NO_FOLDER = { path: '/nowhere/model', code: 'model-missing' } as const
const NO_BINARY = { binary: '/nowhere/program' }

/** A kind without a subject does not compile. */
export const SUBJECTS = {
  llamacpp: {
    ...SERVER,
    programs: ['llama-server'],
    container: 'never',
    missingProgram: NO_BINARY,
    missingModel: { path: '/nowhere/model.gguf', code: 'model-missing' }
  },
  vllm: {
    ...SERVER,
    programs: ['vllm'],
    container: 'can',
    missingProgram: NO_BINARY,
    missingModel: NO_FOLDER
  },
  trtllm: {
    ...SERVER,
    programs: ['trtllm-serve'],
    container: 'can',
    missingProgram: NO_BINARY,
    missingModel: NO_FOLDER
  },
  sglang: {
    ...SERVER,
    programs: ['sglang'],
    container: 'can',
    missingProgram: NO_BINARY,
    missingModel: NO_FOLDER
  },
  ollama: { ...SERVER, ...FIXED, programs: ['ollama'], container: 'never' },
  lmstudio: { ...SERVER, ...FIXED, programs: ['lms'], container: 'never' },
  comfyui: { ...SERVER, programs: ['python3'], container: 'can', missingProgram: NO_BINARY },
  nim: { ...SERVER, ...FIXED, programs: [], container: 'only' },
  'open-webui': { ...SERVER, programs: ['open-webui'], container: 'can' },
  jupyterlab: { ...SERVER, programs: ['jupyter-lab'], container: 'can' },
  finetune: {
    ...SERVER,
    programs: ['python3'],
    container: 'can',
    settings: { script: '~/train.py' },
    missingProgram: NO_BINARY,
    missingModel: NO_FOLDER,
    listens: false,
    isAsked: false
  },
  custom: {
    ...SERVER,
    programs: ['server'],
    container: 'can',
    settings: { command: ['server', '--host', '{host}', '--port', '{port}'] },
    missingProgram: { command: ['/nowhere/server'] },
    withArgs: (items: readonly string[]) => ({ command: ['server', ...items] }),
    isInstalled: false,
    isAsked: false
  }
} as const satisfies Record<RunnerKind, Subject>

export const subjectOf = (kind: RunnerKind): Subject => SUBJECTS[kind]

/** A home with a model and, on its PATH, a program of each name. */
export interface ConformanceHome {
  readonly dir: string
  /** Answers for the machine: which program there is, which ports. */
  context(state?: PortState, withPrograms?: boolean): PlanContext
  profile(kind: RunnerKind, changes?: ProfileChanges): Profile
  plan(kind: RunnerKind, profile: Profile, context?: PlanContext): Promise<Result<LaunchPlan, ContractError>>
  remove(): void
}

interface ProfileChanges {
  readonly settings?: Readonly<Record<string, unknown>>
  readonly modelPath?: string
  readonly lan?: boolean
  readonly container?: ContainerSettings | null
}

/** The port a context gives out where a profile names none: no server listens there. */
export const FREE_PORT = 21_999

export function makeConformanceHome(): ConformanceHome {
  const dir = mkdtempSync(join(tmpdir(), 'firebreak-conformance-'))
  const bin = join(dir, 'bin')
  mkdirSync(bin)
  mkdirSync(join(dir, 'empty'))
  mkdirSync(join(dir, 'ComfyUI'))
  for (const script of ['ComfyUI/main.py', 'train.py']) writeFileSync(join(dir, script), '')
  const gguf = makeGguf(join(dir, 'tiny.gguf'))
  for (const { programs } of Object.values(SUBJECTS)) {
    for (const name of programs) {
      writeFileSync(join(bin, name), '#!/bin/sh\nexit 0\n')
      chmodSync(join(bin, name), 0o755)
    }
  }
  const models = { gguf, repository: 'owner/model-7B.Q4', tag: 'model:7b', path: dir, none: '' } as const
  return {
    dir,
    context: (state = { kind: 'free' }, withPrograms = true) => ({
      settings: defaultSettings(),
      env: { HOME: dir, PATH: join(dir, withPrograms ? 'bin' : 'empty') },
      firstFreePort: async () => FREE_PORT,
      portState: async () => state
    }),
    profile(kind, changes = {}) {
      const settings = { ...SUBJECTS[kind].settings, ...changes.settings }
      return profileSchema.parse({
        kind,
        id: `a-${kind}`,
        label: `A ${kind}`,
        modelPath: changes.modelPath ?? models[RUNNER_SPECS[kind].model.form],
        restartOnCrash: false,
        lan: changes.lan ?? false,
        container: changes.container ?? null,
        settings: kind === 'llamacpp' ? { ...defaultLlamaCppSettings(), ...settings } : settings
      })
    },
    plan(kind, profile, context) {
      return ADAPTERS[kind].plan(profile, context ?? this.context())
    },
    remove: () => rmSync(dir, { recursive: true, force: true })
  }
}

/** A container such as every kind that runs in one could have. */
export const CONTAINER: ContainerSettings = {
  image: 'registry.example/image:1',
  gpus: true,
  shmMiB: 64,
  hostIpc: false,
  mounts: [{ hostPath: '/srv', containerPath: '/data', readOnly: true }],
  env: ['NAME=a value=with "all" $(of) it']
}

export const valueOf = <T>(result: Result<T, ContractError>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`)
  return result.value
}

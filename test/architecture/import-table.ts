import { RUNNER_KINDS } from '../../src/shared/model/runner.ts'

/**
 * Who may import whom: the table of ARCHITECTURE.md as data. Both change together, with an ADR.
 *
 * A zone is the longest matching path prefix. `zones` it may import besides itself; `packages` it may import
 * ('node:*' = any built-in). Anything not named is forbidden. Type imports obey the same rules.
 */
export interface ZoneRule {
  readonly zones: readonly string[]
  readonly packages: readonly string[]
}

const SHARED = [
  'shared/util',
  'shared/model',
  'shared/domain/ledger',
  'shared/domain/guard',
  'shared/domain/history',
  'shared/domain/training',
  'shared/domain/liveness',
  'shared/domain/estimator',
  'shared/domain/admission',
  'shared/settings',
  'shared/contract',
  'shared/contract/channels.ts'
] as const
const NODE = ['node:*'] as const
/** Kinds that have nothing of their own to import, until a row below says otherwise. */
const OTHER_KINDS = RUNNER_KINDS.filter((kind) => kind !== 'llamacpp')
const MODEL = ['shared/model', 'shared/util'] as const

export const IMPORT_TABLE: Readonly<Record<string, ZoneRule>> = {
  'shared/util': { zones: [], packages: [] },
  'shared/model': { zones: ['shared/util'], packages: [] },
  'shared/domain/ledger': { zones: MODEL, packages: [] },
  'shared/domain/guard': { zones: MODEL, packages: [] },
  'shared/domain/history': { zones: MODEL, packages: [] },
  'shared/domain/training': { zones: MODEL, packages: [] },
  'shared/domain/liveness': { zones: MODEL, packages: [] },
  'shared/domain/estimator': { zones: MODEL, packages: [] },
  'shared/domain/admission': { zones: MODEL, packages: [] },
  'shared/domain/black-box': { zones: MODEL, packages: [] },
  'shared/settings': { zones: MODEL, packages: ['zod'] },
  'shared/contract': {
    zones: [...MODEL, 'shared/settings', 'shared/contract/channels.ts'],
    packages: ['zod']
  },
  'shared/contract/channels.ts': { zones: [], packages: [] },

  'main/platform': { zones: MODEL, packages: NODE },
  'main/sampler/sources': {
    zones: ['main/sampler/sources/*.parse.ts', 'main/platform', 'shared/model', 'shared/util'],
    packages: NODE
  },
  /** Parsers of the sampler's sources: pure, and apart from reading. */
  'main/sampler/sources/*.parse.ts': { zones: MODEL, packages: [] },
  'main/sampler': {
    zones: ['main/sampler/sources', 'main/sampler/sources/*.parse.ts', 'main/platform', ...SHARED],
    packages: NODE
  },
  'main/gpu-probe': { zones: ['main/platform', ...SHARED], packages: [...NODE, 'koffi'] },
  /** Nothing of the platform: the emergency path stands on its own. */
  'main/sentinel': {
    zones: ['main/sentinel/protocol.ts', ...MODEL, 'shared/domain/guard', 'shared/domain/black-box'],
    packages: ['koffi', 'node:fs', 'node:net', 'node:os', 'node:path', 'node:process', 'node:util']
  },
  'main/facts': { zones: ['main/platform', ...SHARED], packages: [...NODE, 'systeminformation'] },
  'main/history': { zones: ['main/platform', ...SHARED], packages: NODE },
  'main/settings': { zones: ['main/platform', ...SHARED], packages: NODE },
  'main/notify': { zones: ['main/guard', 'main/platform', ...SHARED], packages: NODE },
  /** zod: manifests of other programs. */
  'main/models': { zones: ['main/platform', ...SHARED], packages: [...NODE, 'zod'] },
  'main/runners/supervisor': {
    zones: ['main/runners/profiles', 'main/platform', ...SHARED],
    packages: [...NODE, 'zod']
  },
  /** The reservations in front of every launch. */
  'main/runners/admission': { zones: ['main/platform', ...SHARED], packages: NODE },
  /** What was measured, the planner of the user's build, and both joined with the formulas. */
  'main/estimates': {
    zones: ['main/models', 'main/runners/profiles', 'main/runners/supervisor', 'main/platform', ...SHARED],
    packages: [...NODE, 'zod']
  },
  'main/runners/profiles': { zones: ['main/models', 'main/platform', ...SHARED], packages: NODE },
  'main/runners/adapters/llamacpp': {
    zones: [
      'main/runners/adapters/common',
      'main/runners/supervisor',
      'main/runners/profiles',
      'main/models',
      'main/platform',
      ...SHARED
    ],
    packages: NODE
  },
  /** What adapters have in common: HTTP with a bound, ports, containers. */
  'main/runners/adapters/common': {
    zones: ['main/runners/supervisor', 'main/platform', ...SHARED],
    packages: NODE
  },
  ...Object.fromEntries(
    OTHER_KINDS.map((kind) => [
      `main/runners/adapters/${kind}`,
      {
        zones: [
          'main/runners/adapters/common',
          'main/runners/supervisor',
          'main/models',
          'main/platform',
          ...SHARED
        ],
        packages: NODE
      }
    ])
  ),
  /** Finds the checkpoint that a job goes on from. */
  'main/runners/adapters/finetune': {
    zones: [
      'main/runners/adapters/common',
      'main/runners/supervisor',
      'main/runners/training',
      'main/platform',
      ...SHARED
    ],
    packages: NODE
  },
  'main/runners/adapters/registry.ts': {
    zones: [
      'main/runners/adapters/llamacpp',
      ...OTHER_KINDS.map((kind) => `main/runners/adapters/${kind}` as const),
      'main/runners/supervisor',
      ...SHARED
    ],
    packages: []
  },
  'main/runners/containers': {
    zones: ['main/runners/supervisor', 'main/platform', ...SHARED],
    packages: NODE
  },
  'main/runners/discovery': {
    zones: ['main/runners/supervisor', 'main/platform', ...SHARED],
    packages: NODE
  },
  /** What training jobs say in their logs; their checkpoints on disk. */
  'main/runners/training': { zones: ['main/platform', ...SHARED], packages: NODE },
  'main/runners/playbooks': {
    zones: ['main/runners/profiles', 'main/models', 'main/platform', ...SHARED],
    packages: NODE
  },
  'main/runners/preview': { zones: ['main/runners/supervisor', 'main/platform', ...SHARED], packages: NODE },
  'main/runners/set-up': {
    zones: ['main/jobs', 'main/runners/supervisor', 'main/platform', ...SHARED],
    packages: NODE
  },
  'main/jobs': { zones: ['main/platform', ...SHARED], packages: NODE },
  /** zod: what the model hub answers. */
  'main/downloads': { zones: ['main/models', 'main/platform', ...SHARED], packages: [...NODE, 'zod'] },
  'main/protection': {
    zones: ['main/protection/*.parse.ts', 'main/platform', ...SHARED],
    packages: NODE
  },
  'main/protection/*.parse.ts': { zones: MODEL, packages: [] },
  /** Runs as root: little enough to be read in five minutes. */
  'main/helper': { zones: ['shared/util'], packages: NODE },
  /** koffi: the drill's process has the kernel end it, as it is frozen on purpose. */
  'main/drill': { zones: ['main/guard', 'main/platform', ...SHARED], packages: [...NODE, 'koffi'] },
  'main/incidents': { zones: ['main/platform', 'shared/domain/black-box', ...SHARED], packages: NODE },
  /** The sentinel's messages, as types for both ends; who else needs them sees no more of it. */
  'main/sentinel/protocol.ts': { zones: MODEL, packages: [] },
  'main/guard': {
    zones: ['main/sentinel/protocol.ts', 'main/platform', ...SHARED],
    packages: NODE
  },
  'main/transport': { zones: ['main/platform', ...SHARED], packages: NODE },
  'main/app': {
    zones: [
      'main/platform',
      'main/sampler',
      'main/gpu-probe',
      'main/facts',
      'main/history',
      'main/settings',
      'main/models',
      'main/runners/supervisor',
      'main/runners/adapters/registry.ts',
      'main/runners/containers',
      'main/runners/discovery',
      'main/runners/playbooks',
      'main/runners/preview',
      'main/runners/profiles',
      'main/runners/set-up',
      'main/runners/training',
      'main/runners/admission',
      'main/estimates',
      'main/jobs',
      'main/downloads',
      'main/guard',
      'main/drill',
      'main/incidents',
      'main/protection',
      'main/notify',
      'main/transport',
      ...SHARED
    ],
    packages: NODE
  },
  'main/electron': {
    zones: ['main/transport', 'main/platform', ...SHARED],
    packages: [...NODE, 'electron']
  },
  'main/web': { zones: ['main/transport', 'main/platform', ...SHARED], packages: [...NODE, 'ws'] },
  'main/compose.ts': {
    zones: ['main/app', 'main/transport', 'main/web', 'main/platform', 'main/version.ts', ...SHARED],
    packages: NODE
  },
  'main/version.ts': { zones: ['package.json'], packages: [] },
  'main/index.ts': {
    zones: ['main/compose.ts', 'main/electron', 'main/platform', 'main/settings', ...SHARED],
    packages: NODE
  },
  'main/headless.ts': { zones: ['main/compose.ts', 'main/platform', ...SHARED], packages: NODE },

  cli: {
    zones: ['main/transport', 'main/models', 'main/estimates', 'main/platform', 'main/version.ts', ...SHARED],
    packages: NODE
  },
  preload: { zones: ['shared/contract/channels.ts'], packages: ['electron'] },

  'renderer/src/format': { zones: SHARED, packages: [] },
  'renderer/src/ui': { zones: ['renderer/src/format', ...MODEL], packages: ['react'] },
  'renderer/src/charts': {
    zones: ['renderer/src/ui', 'renderer/src/format', ...SHARED],
    packages: ['react', 'recharts']
  },
  /** zod: switching off its code generation, which the CSP forbids. */
  'renderer/src/client': { zones: SHARED, packages: ['zod'] },
  'renderer/src/stores': {
    zones: ['renderer/src/client', 'renderer/src/format', ...SHARED],
    packages: ['zustand', 'react']
  },
  'renderer/src/features/*': {
    zones: [
      'renderer/src/stores',
      'renderer/src/charts',
      'renderer/src/ui',
      'renderer/src/format',
      ...SHARED
    ],
    packages: ['react']
  },
  'renderer/src': {
    zones: [
      'renderer/src/features/*',
      'renderer/src/stores',
      'renderer/src/client',
      'renderer/src/charts',
      'renderer/src/ui',
      'renderer/src/format',
      ...SHARED
    ],
    packages: ['react', 'react-dom']
  }
}

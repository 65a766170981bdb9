import type { Profile } from '../../../src/shared/model/runner.ts'
import { onDisk } from './models.ts'
import {
  EMBED,
  GEMMA,
  GIB,
  OSS,
  QWEN,
  SCENARIOS,
  desktop,
  part,
  ready,
  view,
  type Scenario
} from './scenarios.ts'

const { calm } = SCENARIOS

const HOME = '/home/ada/models'
const IDLE_MS = 1_260_000

const LLAMA = {
  ...OSS,
  id: 'llama-3.3-70b',
  label: 'llama-3.3-70b',
  modelPath: `${HOME}/Llama-3.3-70B-Instruct-Q4_K_M.gguf`,
  settings: { ...OSS.settings, contextTokens: 65_536, parallelSlots: 2, promptCacheMiB: 8192 }
} as Profile
const LONG_CONTEXT = {
  ...QWEN,
  id: 'qwen3-32b-long',
  label: 'qwen3-32b-long',
  settings: { ...QWEN.settings, contextTokens: 40_960, promptCacheMiB: 16_384 }
} as Profile
const KESTREL = {
  ...QWEN,
  id: 'kestrel-2',
  label: 'kestrel-2',
  modelPath: `${HOME}/Kestrel-2-48B-Q4_K_M.gguf`
} as Profile

/** An idle model in the way of a large one: every verdict, every way out, every source of a figure. */
const tooBig: Scenario = {
  ...calm,
  parts: (t) => [
    part('runner:qwen3-32b', 'qwen3-32b', 'runner', 41.2, 1.6, [41_233], 1.3),
    part('runner:embed', 'nomic-embed', 'runner', 1.2, 0.3, [40_871], 0.9),
    ...desktop(t)
  ],
  runners: () => [
    {
      ...ready(QWEN, 41.2, 1.6, 8080, 41_233),
      activity: {
        busy: false,
        requestsRunning: 0,
        requestsWaiting: 0,
        tokensPerS: 0,
        idleSinceMs: Date.now() - IDLE_MS
      }
    },
    ready(EMBED, 1.2, 0.3, 8081, 40_871),
    view(OSS, { modelBytes: 59 * GIB }),
    view(LLAMA, { modelBytes: 39.6 * GIB }),
    view(LONG_CONTEXT, {}),
    view(KESTREL, { modelBytes: 27.3 * GIB }),
    view(GEMMA, { modelBytes: 20.6 * GIB })
  ],
  profiles: [QWEN, OSS, EMBED, GEMMA, LLAMA, LONG_CONTEXT, KESTREL],
  startable: [OSS.id, GEMMA.id, LLAMA.id, KESTREL.id, LONG_CONTEXT.id],
  models: [
    ...calm.models,
    onDisk({
      path: `${HOME}/Qwen3-32B-Q4_K_M.gguf`,
      label: 'Qwen3-32B-Q4_K_M',
      sizeBytes: 18.4 * GIB
    }),
    onDisk({ path: `${HOME}/Kestrel-2-48B-Q4_K_M.gguf`, label: 'Kestrel-2-48B', sizeBytes: 27.3 * GIB })
  ],
  fit: {
    refuses: true,
    measured: {
      [GEMMA.id]: {
        restingBytes: 24.1 * GIB,
        peakBytes: 26.3 * GIB,
        runs: 4,
        lastAtMs: 1_795_000_000_000,
        errorPct: -1.8
      }
    },
    planned: [LLAMA.id]
  }
}

/** One loads, two wait behind it. */
const waiting: Scenario = {
  ...SCENARIOS.loading,
  parts: (t) => [
    part(
      'runner:gpt-oss-120b',
      OSS.label,
      'runner',
      Math.max(0, Math.min(1, (t + 12) / 60)) * 60,
      1.1,
      [50_001]
    ),
    ...desktop(t)
  ],
  runners: (t) => [
    ...SCENARIOS.loading.runners(t).filter(({ id }) => id === OSS.id),
    view(QWEN, {
      state: 'waiting',
      text: 'Waits for memory: it needs 41.0 GiB, and 33.3 GiB will be free beside gpt-oss-120b.'
    }),
    view(GEMMA, {
      state: 'waiting',
      text: 'Waits for its turn: qwen3-32b is before it.'
    }),
    view(EMBED, { modelBytes: 0.9 * GIB })
  ],
  fit: {
    reservations: [{ runnerId: OSS.id, label: OSS.label, bytes: 64 * GIB, takenBytes: 13 * GIB }],
    waiting: [
      {
        runnerId: QWEN.id,
        label: QWEN.label,
        text: 'Waits for memory: it needs 41.0 GiB, and 33.3 GiB will be free beside gpt-oss-120b.'
      },
      {
        runnerId: GEMMA.id,
        label: GEMMA.label,
        text: 'Waits for its turn: qwen3-32b is before it.'
      }
    ]
  }
}

export const FIT_SCENARIOS = { 'too-big': tooBig, waiting } as const satisfies Record<string, Scenario>

import type { CommandOutput } from '../../../src/shared/contract/commands.ts'
import type { GpuDevice, GpuSnapshot } from '../../../src/shared/model/gpu.ts'
import type { LedgerPart } from '../../../src/shared/model/ledger.ts'
import type { LlamaCppSettings, Profile, RunnerView } from '../../../src/shared/model/runner.ts'
import type { GuardLevel, Live, MachineFacts, Notice } from '../../../src/shared/model/status.ts'
import type { FitStory } from './estimates.ts'
import type { GuardStory } from './guard-story.ts'
import { onDisk } from './models.ts'
import type { RunnerStory } from './runner-story.ts'

export const GIB = 2 ** 30
const MIB = 2 ** 20
/** MemTotal of a DGX Spark. */
const SPARK_BYTES = 119.7 * GIB

/** A made-up machine at second `t`; everything follows from it. */
export interface Scenario {
  readonly memTotalBytes: number
  readonly reserveBytes: number
  readonly floorBytes: number
  readonly level: GuardLevel
  readonly reasons: readonly string[]
  readonly secondsToEmpty: number | null
  readonly topology: Live['topology']
  readonly gpu: GpuSnapshot
  readonly pressureSomePct: number
  readonly swapTotalBytes: number
  readonly swapUsedBytes: number
  /** Parts without 'free' and 'cache', which are filled up from what is left. */
  readonly parts: (t: number) => readonly LedgerPart[]
  readonly cacheBytes: number
  readonly runners: (t: number) => readonly RunnerView[]
  readonly profiles: readonly Profile[]
  readonly models: CommandOutput<'models.list'>['models']
  readonly notices: readonly Notice[]
  readonly facts: MachineFacts
  /** Ids that can be started; any other start is refused, its model being missing. */
  readonly startable?: readonly string[]
  /** What its guard does; without one it guards in good order and has nothing to tell. */
  readonly guard?: GuardStory
  /** Runners of other kinds: found ones, jobs, playbooks; without one there are none. */
  readonly story?: RunnerStory
  /** What is spoken for, and what is known of sizes besides the headers. */
  readonly fit?: FitStory
  /** Closes the socket after the first seconds and never opens it again. */
  readonly drops?: boolean
}

const SETTINGS: LlamaCppSettings = {
  contextTokens: 32_768,
  port: 0,
  gpuLayers: -1,
  parallelSlots: 1,
  promptCacheMiB: 512,
  contextCheckpoints: 4,
  binary: '',
  extraArgs: []
}

const profile = (id: string, label: string, path: string): Profile => ({
  id,
  label,
  kind: 'llamacpp',
  modelPath: path,
  settings: SETTINGS,
  restartOnCrash: false,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null
})

export const QWEN = profile('qwen3-32b', 'qwen3-32b', '/home/ada/models/Qwen3-32B-Q8_0.gguf')
export const OSS = profile('gpt-oss-120b', 'gpt-oss-120b', '/home/ada/models/gpt-oss-120b-mxfp4.gguf')
export const EMBED = profile('embed', 'nomic-embed', '/home/ada/models/nomic-embed-text-v2.gguf')
export const GEMMA = profile('gemma-3-27b', 'gemma-3-27b', '/home/ada/models/gemma-3-27b-it-Q6_K.gguf')

export const view = (one: Profile, over: Partial<RunnerView>): RunnerView => ({
  id: one.id,
  kind: one.kind,
  label: one.label,
  modelPath: one.modelPath,
  state: 'stopped',
  text: 'Not running.',
  frozen: false,
  pids: [],
  port: null,
  url: null,
  startedAtMs: null,
  readyAtMs: null,
  loadedBytes: 'unknown',
  modelBytes: 32.4 * GIB,
  bytes: { gpuBytes: 0, hostBytes: 0, fileBytes: 0 },
  lastStop: null,
  commandLine: [],
  restarts: 0,
  containerId: null,
  activity: null,
  stuck: null,
  training: null,
  models: null,
  free: null,
  ...over
})

export const ready = (one: Profile, gpu: number, host: number, port: number, pid: number): RunnerView =>
  view(one, {
    state: 'ready',
    text: `Ready for 12 min; answers on port ${port}.`,
    pids: [pid],
    port,
    url: `http://127.0.0.1:${port}`,
    startedAtMs: Date.now() - 230_000,
    readyAtMs: Date.now() - 200_000,
    bytes: { gpuBytes: gpu * GIB, hostBytes: host * GIB, fileBytes: 1.3 * GIB }
  })

export const part = (
  id: string,
  label: string,
  kind: LedgerPart['kind'],
  gpu: number,
  host: number,
  pids?: readonly number[],
  mapped?: number
): LedgerPart => ({
  id,
  label,
  kind,
  bytes: Math.round(gpu * GIB) + Math.round(host * GIB),
  gpuBytes: Math.round(gpu * GIB),
  hostBytes: Math.round(host * GIB),
  ...(pids === undefined ? {} : { pids }),
  ...(mapped === undefined ? {} : { mappedFileBytes: Math.round(mapped * GIB) })
})

const wave = (t: number, period: number, height: number): number => Math.sin(t / period) * height

export const desktop = (t: number): readonly LedgerPart[] => [
  part('process:2210:88', 'firefox', 'process', 0.2, 3.1 + wave(t, 40, 0.3), [2210, 2288, 2291, 2400], 0.4),
  part('process:3100:99', 'code', 'process', 0.1, 2.2 + wave(t, 25, 0.1), [3100, 3120, 3142]),
  part('desktop', 'Desktop', 'desktop', 0.6, 2.4 + wave(t, 60, 0.1)),
  part('other', 'Other programs', 'other', 0, 1.7),
  part('shared', 'Shared memory', 'shared', 0, 0.4),
  part('kernel', 'Kernel', 'kernel', 0, 2.1),
  part('unattributed', 'Unattributed', 'unattributed', 1.4, 0)
]

const SPARK_GPU: GpuDevice = {
  index: 0,
  name: 'NVIDIA GB10',
  memory: { totalBytes: 'not-supported', usedBytes: 'not-supported', freeBytes: 'not-supported' },
  utilizationPct: 62,
  temperatureC: 58,
  powerW: 41,
  smClockMHz: 2405
}

const gpu = (over: Partial<GpuSnapshot>, device: Partial<GpuDevice> = {}): GpuSnapshot => ({
  state: 'ok',
  source: 'nvml',
  topology: 'unified',
  driverVersion: '580.95.05',
  devices: [{ ...SPARK_GPU, ...device }],
  processes: [],
  ageMs: 400,
  stale: false,
  note: null,
  ...over
})

export const FACTS: MachineFacts = {
  model: 'NVIDIA DGX Spark',
  cpu: 'Cortex-X925 / Cortex-A725',
  cores: 20,
  gpu: 'NVIDIA GB10',
  os: 'Ubuntu 24.04.3 LTS',
  kernel: '6.14.0-1013-nvidia',
  arch: 'arm64',
  pageSizeBytes: 4096
}

const MODELS: Scenario['models'] = [
  onDisk({ path: QWEN.modelPath, label: 'Qwen3-32B-Q8_0', sizeBytes: 32.4 * GIB }),
  onDisk({ path: OSS.modelPath, label: 'gpt-oss-120b-mxfp4', sizeBytes: 59.0 * GIB }),
  onDisk({ path: EMBED.modelPath, label: 'nomic-embed-text-v2', sizeBytes: 0.9 * GIB }),
  onDisk({
    path: '/home/ada/models/Llama-3.3-70B-Instruct-Q4_K_M.gguf',
    label: 'Llama-3.3-70B-Instruct-Q4_K_M',
    sizeBytes: 39.6 * GIB
  }),
  onDisk({
    path: '/home/ada/models/Mistral-Small-3.2-24B-Q5_K_M.gguf',
    label: 'Mistral-Small-3.2-24B-Q5_K_M',
    sizeBytes: 15.6 * GIB
  })
]

const stopped = view(GEMMA, {
  modelBytes: 20.6 * GIB,
  lastStop: {
    bytesReturned: 24.1 * GIB,
    bytesExpected: 24.2 * GIB,
    seconds: 2.3,
    left: [],
    memoryIsBack: true,
    text: 'Stopped gemma-3-27b. 24.1 GiB came back in 2.3 s.'
  }
})

const calm: Scenario = {
  memTotalBytes: SPARK_BYTES,
  reserveBytes: SPARK_BYTES / 20,
  floorBytes: SPARK_BYTES / 60,
  level: 'calm',
  reasons: [],
  secondsToEmpty: null,
  topology: 'unified',
  gpu: gpu({}),
  pressureSomePct: 0.1,
  swapTotalBytes: 16 * GIB,
  swapUsedBytes: 0.3 * GIB,
  parts: (t) => [
    // Loaded 200 s before the first tick, so that the graph has something to tell.
    part(
      'runner:qwen3-32b',
      'qwen3-32b',
      'runner',
      Math.max(0.4, Math.min(41.2, (t + 230) * 1.4)),
      1.6,
      [41_233],
      1.3
    ),
    part('runner:embed', 'nomic-embed', 'runner', 1.2, 0.3, [40_871], 0.9),
    ...desktop(t)
  ],
  cacheBytes: 21 * GIB,
  runners: () => [
    ready(QWEN, 41.2, 1.6, 8080, 41_233),
    { ...ready(EMBED, 1.2, 0.3, 8081, 40_871), startedAtMs: Date.now() - 4_000_000 },
    view(OSS, { modelBytes: 59.0 * GIB }),
    stopped
  ],
  profiles: [QWEN, OSS, EMBED, GEMMA],
  startable: [OSS.id],
  models: MODELS,
  notices: [],
  facts: FACTS
}

const LOAD_S = 60
const loading: Scenario = {
  ...calm,
  parts: (t) => [
    part(
      'runner:gpt-oss-120b',
      'gpt-oss-120b',
      'runner',
      Math.max(0, Math.min(1, (t + 30) / LOAD_S)) * 60,
      1.1,
      [50_001]
    ),
    ...desktop(t)
  ],
  runners: (t) => [
    view(QWEN, {}),
    view(OSS, {
      state: 'loading',
      text: 'Loading its weights; nothing to do.',
      pids: [50_001],
      port: 8080,
      startedAtMs: Date.now() - 31_000,
      loadedBytes: Math.max(0, Math.min(1, (t + 30) / LOAD_S)) * 59 * GIB,
      modelBytes: 59 * GIB,
      bytes: { gpuBytes: 30 * GIB, hostBytes: 1.1 * GIB, fileBytes: 20 * GIB }
    }),
    view(EMBED, { modelBytes: 0.9 * GIB }),
    stopped
  ]
}

const warn: Scenario = {
  ...calm,
  level: 'warn',
  reasons: ['gpt-oss-120b grew 9.0 GiB in 40 s.'],
  pressureSomePct: 16.4,
  swapUsedBytes: 5.2 * GIB,
  parts: (t) => [
    part(
      'runner:gpt-oss-120b',
      'gpt-oss-120b',
      'runner',
      58 + Math.max(-9, Math.min(0, t / 5)),
      2.1,
      [50_001],
      3
    ),
    part('runner:qwen3-32b', 'qwen3-32b', 'runner', 38, 1.6, [41_233], 1.3),
    ...desktop(t)
  ],
  cacheBytes: 1.8 * GIB,
  runners: () => [
    ready(OSS, 58, 2.1, 8081, 50_001),
    ready(QWEN, 38, 1.6, 8080, 41_233),
    view(EMBED, {}),
    stopped
  ]
}

const act: Scenario = {
  ...warn,
  level: 'act',
  reasons: ['gpt-oss-120b grew 9.0 GiB in 4 s.'],
  secondsToEmpty: 6,
  pressureSomePct: 48,
  parts: (t) => [
    part(
      'runner:gpt-oss-120b',
      'gpt-oss-120b',
      'runner',
      60.2 + Math.max(-22, Math.min(0, t * 2.2)),
      2.1,
      [50_001],
      3
    ),
    part('runner:qwen3-32b', 'qwen3-32b', 'runner', 39, 1.6, [41_233], 1.3),
    ...desktop(t)
  ],
  cacheBytes: 0.6 * GIB
}

const emergency: Scenario = { ...act, level: 'emergency', secondsToEmpty: 1, cacheBytes: 0.2 * GIB }

const failed: Scenario = {
  ...calm,
  parts: (t) => desktop(t),
  runners: () => [
    view(QWEN, {
      state: 'failed',
      text: 'llama-server ended while loading (exit code 1): the model file is truncated: it says 32.4 GiB, there are 11.2 GiB. Download it again.'
    }),
    view(OSS, {
      state: 'failed',
      text: 'Killed by the kernel because memory ran out. Stop something else first, or give it less context.'
    }),
    view(EMBED, {
      lastStop: {
        bytesReturned: 0.4 * GIB,
        bytesExpected: 1.5 * GIB,
        seconds: 30,
        left: [{ pid: 40_999, name: 'llama-server', bytes: 1.1 * GIB }],
        memoryIsBack: false,
        text: 'Stopped nomic-embed, but 1.1 GiB is still held by llama-server (pid 40999).'
      }
    }),
    stopped
  ],
  notices: [
    {
      id: 'settings-kept-aside',
      atMs: Date.now(),
      severity: 'warning',
      text: 'The settings file could not be read. It was kept as settings.json.broken, and the defaults are in use.',
      whatToDo: 'Set what you had changed again, or mend that file and rename it.'
    }
  ]
}

const empty: Scenario = {
  ...calm,
  parts: (t) => desktop(t),
  runners: () => [],
  profiles: [],
  models: [],
  gpu: gpu({
    devices: [],
    topology: 'none',
    source: 'none',
    note: 'No NVIDIA or AMD GPU was found on this machine.'
  }),
  topology: 'none',
  facts: { ...FACTS, model: '', gpu: '' }
}

const fresh: Scenario = { ...empty, models: MODELS, gpu: gpu({}), topology: 'unified', facts: FACTS }

const many: Scenario = {
  ...calm,
  parts: (t) => [
    ...[QWEN, EMBED, GEMMA].map((one, at) =>
      part(`runner:${one.id}`, one.label, 'runner', 14 - at * 4, 0.6, [60_000 + at])
    ),
    ...Array.from({ length: 36 }, (_, at) =>
      part(
        `process:${7000 + at}:1`,
        ['python3', 'java', 'chrome', 'postgres', 'node'][at % 5] ?? 'x',
        'process',
        0,
        0.3 + (36 - at) * 0.04 + wave(t + at, 9, 0.02),
        [7000 + at]
      )
    ),
    ...desktop(t)
  ],
  runners: () => [
    ready(QWEN, 14, 0.6, 8080, 60_000),
    ready(EMBED, 10, 0.6, 8081, 60_001),
    ready(GEMMA, 6, 0.6, 8082, 60_002),
    view(OSS, {})
  ]
}

export const LONG =
  'Qwen3-Coder-480B-A35B-Instruct-1M-context-Q4_K_XL-unsloth-dynamic-2.0-abliterated-v7-final-really'
export const LONG_PROFILE = profile(
  'long',
  LONG,
  `/mnt/a-very-long-mount-point/with/many/folders/in/it/${LONG}/${LONG}-00001-of-00007.gguf`
)
const long: Scenario = {
  ...calm,
  parts: (t) => [
    part('runner:long', LONG, 'runner', 40, 3, [1, 2, 3, 4, 5]),
    part('process:9:9', LONG, 'process', 0, 6, [9]),
    ...desktop(t)
  ],
  runners: () => [ready(LONG_PROFILE, 40, 3, 8080, 77), { ...stopped, label: `${LONG}-2` }],
  profiles: [LONG_PROFILE],
  models: [
    onDisk({ path: LONG_PROFILE.modelPath, label: LONG, sizeBytes: 250 * GIB }),
    onDisk({ path: `/x/${LONG}`, label: LONG, sizeBytes: 700 * MIB })
  ],
  facts: { ...FACTS, model: 'A machine whose vendor was very proud of its name, revision 2026-B' }
}

const unknownGpu: Scenario = {
  ...calm,
  gpu: gpu(
    { stale: true, ageMs: 42_000, state: 'stuck', note: 'The GPU driver has not answered for 42 s.' },
    {
      utilizationPct: 'not-supported',
      temperatureC: 'unknown',
      powerW: 'not-supported',
      smClockMHz: 'unknown'
    }
  ),
  pressureSomePct: 0
}

const discrete: Scenario = {
  ...calm,
  memTotalBytes: 62.7 * GIB,
  reserveBytes: 62.7 * GIB * 0.05,
  topology: 'discrete',
  swapTotalBytes: 0,
  swapUsedBytes: 0,
  cacheBytes: 18 * GIB,
  gpu: gpu(
    { topology: 'discrete' },
    {
      name: 'NVIDIA RTX 6000 Ada',
      memory: { totalBytes: 48 * GIB, usedBytes: 34.1 * GIB, freeBytes: 13.9 * GIB },
      powerW: 212
    }
  ),
  parts: (t) => [
    part('runner:qwen3-32b', 'qwen3-32b', 'runner', 0, 2.8, [41_233], 1.3),
    ...desktop(t).filter((one) => one.kind !== 'unattributed')
  ],
  runners: () => [ready(QWEN, 33.2, 2.8, 8080, 41_233), view(OSS, { modelBytes: 59.0 * GIB }), stopped],
  facts: { ...FACTS, model: 'Workstation', gpu: 'NVIDIA RTX 6000 Ada', arch: 'x64', cpu: 'AMD Ryzen 9 7950X' }
}

const twoGpus: Scenario = {
  ...discrete,
  gpu: {
    ...discrete.gpu,
    devices: [0, 1].map((index) => ({
      ...SPARK_GPU,
      index,
      name: 'NVIDIA RTX 6000 Ada',
      memory: { totalBytes: 48 * GIB, usedBytes: (34.1 - index * 12) * GIB, freeBytes: 13.9 * GIB },
      utilizationPct: 62 - index * 40
    }))
  },
  level: 'warn',
  reasons: ['Memory will be gone in about 15 s.'],
  secondsToEmpty: 15
}

export const SCENARIOS = {
  calm,
  loading,
  warn,
  act,
  emergency,
  failed,
  empty,
  fresh,
  many,
  long,
  'unknown-gpu': unknownGpu,
  discrete,
  'two-gpus': twoGpus,
  lost: { ...calm, drops: true }
} as const satisfies Record<string, Scenario>
export type ScenarioName = keyof typeof SCENARIOS

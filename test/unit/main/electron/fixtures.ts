import { NO_GPU_YET } from '../../../../src/shared/model/gpu.ts'
import type { RunnerView } from '../../../../src/shared/model/runner.ts'
import type { GuardStatus, Live } from '../../../../src/shared/model/status.ts'

const GIB = 2 ** 30

export const liveWith = (change: Partial<Omit<Live, 'guard'>> & { guard?: Partial<GuardStatus> }): Live => ({
  sequence: 1,
  atMs: 0,
  intervalMs: 1000,
  memTotalBytes: 64 * GIB,
  memAvailableBytes: 40 * GIB,
  perCpuFreeBytes: 0,
  freeForModelsBytes: 37 * GIB,
  admission: {
    allocatableBytes: 37 * GIB,
    reservedBytes: 0,
    growthBytes: 0,
    reservations: [],
    waiting: []
  },
  swapTotalBytes: 0,
  swapFreeBytes: 0,
  topology: 'none',
  gpu: NO_GPU_YET,
  pressure: { memory: 'unknown', cpu: 'unknown', io: 'unknown' },
  cpu: { busyPct: 1, cores: 2 },
  temperatureC: 'unknown',
  rates: {
    networkReceiveBytesPerS: 'unknown',
    networkSendBytesPerS: 'unknown',
    diskReadBytesPerS: 'unknown',
    diskWriteBytesPerS: 'unknown'
  },
  ledger: [],
  ...change,
  guard: {
    mode: 'observe',
    level: 'calm',
    reasons: [],
    reserveBytes: GIB,
    floorBytes: GIB,
    secondsToEmpty: null,
    ...change.guard
  }
})

export const runnerWith = (change: Partial<RunnerView>): RunnerView => ({
  id: 'model',
  kind: 'llamacpp',
  label: 'Model',
  modelPath: '/models/model.gguf',
  state: 'stopped',
  text: '',
  frozen: false,
  pids: [],
  port: null,
  url: null,
  startedAtMs: null,
  readyAtMs: null,
  loadedBytes: 'unknown',
  modelBytes: 'unknown',
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
  ...change
})

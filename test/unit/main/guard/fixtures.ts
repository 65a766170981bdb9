import { defaultLlamaCppSettings } from '../../../../src/shared/settings/llamacpp-defaults.ts'
import type { GuardEvent } from '../../../../src/shared/model/guard.ts'
import type { LlamaCppProfile, RunnerView } from '../../../../src/shared/model/runner.ts'

export const MIB = 1024 ** 2
export const GIB = 1024 ** 3

export const profile = (id: string, more: Partial<LlamaCppProfile> = {}): LlamaCppProfile => ({
  id,
  label: id,
  kind: 'llamacpp',
  modelPath: `/models/${id}.gguf`,
  settings: defaultLlamaCppSettings(),
  restartOnCrash: true,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null,
  ...more
})

export const runner = (id: string, pids: readonly number[], more: Partial<RunnerView> = {}): RunnerView => ({
  id,
  kind: 'llamacpp',
  label: id,
  modelPath: `/models/${id}.gguf`,
  state: 'ready',
  text: 'Ready.',
  frozen: false,
  pids,
  port: 8080,
  url: null,
  startedAtMs: 1_000,
  readyAtMs: 31_000,
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
  ...more
})

export const event = (kind: GuardEvent['kind'], more: Partial<GuardEvent> = {}): GuardEvent => ({
  sequence: 1,
  atMs: 1_000,
  monotonicMs: 1_000,
  watchId: 'main',
  kind,
  victimId: 'big',
  label: 'big',
  reasons: ['Falling memory is about to pass the floor.'],
  availableBytes: 2 * GIB,
  floorBytes: 2 * GIB,
  secondsToEmpty: 2,
  bytes: 61 * GIB,
  ...more
})

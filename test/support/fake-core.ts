import type { EventName } from '../../src/shared/contract/channels.ts'
import type { CommandInput, EventPayload } from '../../src/shared/contract/commands.ts'
import type { ContractError } from '../../src/shared/contract/errors.ts'
import type { EstimateView } from '../../src/shared/model/estimate.ts'
import type { Job } from '../../src/shared/model/job.ts'
import type { ModelFacts } from '../../src/shared/model/model-facts.ts'
import type { Playbook } from '../../src/shared/model/playbook.ts'
import type {
  FoundRunner,
  LlamaCppProfile,
  RunnerState,
  RunnerView,
  SetUpStep,
  StopResult
} from '../../src/shared/model/runner.ts'
import type { Live, Status } from '../../src/shared/model/status.ts'
import { defaultSettings } from '../../src/shared/settings/schema.ts'
import { disposable } from '../../src/shared/util/disposable.ts'
import { err, ok } from '../../src/shared/util/result.ts'
import type { Incident, IncidentSummary } from '../../src/shared/model/guard.ts'
import type { Logger } from '../../src/main/platform/ports.ts'
import { createLocalEndpoint, type EventSource, type Handlers } from '../../src/main/transport/dispatcher.ts'
import type { Endpoint } from '../../src/main/transport/endpoint.ts'

import {
  sampleConflict,
  sampleDrill,
  sampleGuardView,
  sampleIncident,
  sampleProtection
} from './fake-guard.ts'

const GIB = 1_073_741_824

const summaryOf = ({ curve: _curve, events: _events, ...summary }: Incident): IncidentSummary => summary

export const quietLogger = (): Logger & { readonly errors: string[] } => {
  const errors: string[] = []
  return { errors, info: () => undefined, warn: () => undefined, error: (message) => errors.push(message) }
}

export const sampleFacts: ModelFacts = {
  format: 'gguf',
  path: '/m/tiny.gguf',
  architecture: 'llama',
  name: 'Tiny',
  hparams: { block_count: 2, 'attention.head_count_kv': [2, 2] },
  vocabularySize: 32_000,
  tensors: {
    totalBytes: GIB,
    tokenEmbeddingBytes: 0,
    perLayerEmbeddingBytes: 0,
    outputBytes: 0,
    layerBytes: [GIB / 2, GIB / 2],
    expertLayerBytes: [0, 0],
    parameters: 1e9,
    expertParameters: 0,
    unknownTypes: 0
  },
  parts: 1,
  fileBytes: GIB,
  largestFileBytes: GIB,
  mmproj: null
}

const GIB_INTERVAL = { lowBytes: GIB, expectedBytes: GIB, peakBytes: 2 * GIB }
export const sampleEstimate: EstimateView = {
  estimate: {
    parts: [{ id: 'weights-device', label: 'Weights', why: 'The tensors of the file.', ...GIB_INTERVAL }],
    total: GIB_INTERVAL,
    growthBytes: 0,
    source: 'formula',
    confidence: 'good',
    notes: [],
    bytesPerContextToken: 1024,
    activeWeightBytes: GIB
  },
  formula: null,
  measured: null,
  verdict: 'fits',
  sentence: 'Tiny takes 1 GiB, at most 2 GiB; 35 GiB are free for models.',
  allocatableBytes: 35 * GIB,
  options: [],
  ceilingTokensPerS: null
}

export const sampleLive: Live = {
  sequence: 7,
  atMs: 1_790_000_000_000,
  intervalMs: 1000,
  memTotalBytes: 128 * GIB,
  memAvailableBytes: 40 * GIB,
  perCpuFreeBytes: GIB,
  freeForModelsBytes: 35 * GIB,
  admission: {
    allocatableBytes: 35 * GIB,
    reservedBytes: 0,
    growthBytes: 0,
    reservations: [],
    waiting: []
  },
  swapTotalBytes: 0,
  swapFreeBytes: 0,
  topology: 'unified',
  gpu: {
    state: 'ok',
    source: 'nvml',
    topology: 'unified',
    driverVersion: '580.95',
    devices: [
      {
        index: 0,
        name: 'NVIDIA GB10',
        memory: { totalBytes: 'not-supported', usedBytes: 'not-supported', freeBytes: 'not-supported' },
        utilizationPct: 12,
        temperatureC: 50,
        powerW: 'unknown',
        smClockMHz: 2000
      }
    ],
    processes: [{ pid: 42, bytes: 'unknown' }],
    ageMs: 120,
    stale: false,
    note: null
  },
  pressure: {
    memory: { some: { avg10Pct: 0.5, avg60Pct: 0, avg300Pct: 0, totalUs: 9 }, full: 'unknown' },
    cpu: 'unknown',
    io: 'unknown'
  },
  cpu: { busyPct: 3, cores: 20 },
  temperatureC: 'unknown',
  rates: {
    networkReceiveBytesPerS: 1,
    networkSendBytesPerS: 2,
    diskReadBytesPerS: 'unknown',
    diskWriteBytesPerS: 'not-supported'
  },
  ledger: [
    {
      id: 'runner:tiny',
      label: 'tiny\u001b[31m model',
      kind: 'runner',
      bytes: 88 * GIB,
      gpuBytes: 80 * GIB,
      hostBytes: 8 * GIB,
      pids: [42]
    },
    { id: 'free', label: 'free', kind: 'free', bytes: 40 * GIB, gpuBytes: 0, hostBytes: 40 * GIB }
  ],
  guard: {
    mode: 'balanced',
    level: 'calm',
    reasons: ['nothing grows'],
    reserveBytes: 6 * GIB,
    floorBytes: 2 * GIB,
    secondsToEmpty: null
  }
}

const notFound = (id: string): ContractError => ({
  code: 'not-found',
  message: `there is no '${id}'; 'firebreakctl profiles' lists what there is`
})

export const sampleProfile = (id: string): LlamaCppProfile => ({
  id,
  label: id,
  kind: 'llamacpp',
  modelPath: `/models/${id}.gguf`,
  settings: {
    contextTokens: 4096,
    port: 0,
    gpuLayers: -1,
    parallelSlots: 1,
    promptCacheMiB: 0,
    contextCheckpoints: 0,
    binary: '',
    extraArgs: []
  },
  restartOnCrash: false,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null
})

export const sampleRunner = (id: string, state: RunnerState, text: string = state): RunnerView => ({
  id,
  kind: 'llamacpp',
  label: id,
  modelPath: `/models/${id}.gguf`,
  state,
  text,
  frozen: false,
  pids: state === 'stopped' ? [] : [42],
  port: 8080,
  url: 'http://127.0.0.1:8080',
  startedAtMs: 1,
  readyAtMs: null,
  loadedBytes: 'unknown',
  modelBytes: GIB,
  bytes: { gpuBytes: GIB, hostBytes: GIB, fileBytes: 0 },
  lastStop: null,
  commandLine: ['llama-server'],
  restarts: 0,
  containerId: null,
  activity: null,
  stuck: null,
  training: null,
  models: null,
  free: null
})

export const sampleStop: StopResult = {
  bytesReturned: 2 * GIB,
  bytesExpected: 2 * GIB,
  seconds: 1.5,
  left: [],
  memoryIsBack: true,
  text: 'tiny ended in 1.5 s, 2.0 GiB are back'
}

export const sampleFound: FoundRunner = {
  pid: 4711,
  startTicks: 99,
  kind: 'vllm',
  label: 'vllm serve',
  model: 'Qwen/Qwen3-32B',
  port: 8000,
  url: 'http://127.0.0.1:8000',
  pids: [4711, 4712],
  bytes: { gpuBytes: GIB, hostBytes: GIB, fileBytes: 0 },
  startedBy: 'terminal',
  startedByName: null,
  containerId: null,
  commandLine: ['vllm', 'serve', 'Qwen/Qwen3-32B'],
  problem: null
}

export const sampleJob = (id: string, state: Job['state'] = 'running'): Job => ({
  id,
  kind: 'download',
  label: 'Qwen/Qwen3-32B',
  state,
  doneBytes: GIB,
  totalBytes: 2 * GIB,
  text: 'Downloading Qwen/Qwen3-32B.',
  startedAtMs: 1
})

export const samplePlaybook: Playbook = {
  id: 'tiny-playbook',
  title: 'A tiny model',
  summary: 'Serves a tiny model.',
  kind: 'llamacpp',
  profile: sampleProfile('tiny-playbook'),
  memoryBytes: 2 * GIB,
  diskBytes: GIB,
  source: {
    repository: 'owner/tiny-GGUF',
    revision: 'main',
    files: ['tiny.gguf'],
    sizeBytes: GIB,
    gated: false
  },
  sources: ['https://example.org']
}

export const sampleStep: SetUpStep = {
  text: 'Install it.',
  command: ['pipx', 'install', 'it'],
  needsRoot: false
}

export interface FakeCore {
  readonly endpoint: Endpoint
  readonly handlers: Handlers
  readonly logger: ReturnType<typeof quietLogger>
  readonly calls: { command: string; input: unknown }[]
  emit<K extends EventName>(event: K, payload: EventPayload<K>): void
  listenerCount(): number
}

/** A core with canned answers behind the real dispatcher; a test replaces the handlers it is about. */
export function createFakeCore(replaced: Partial<Handlers> = {}): FakeCore {
  const listeners = new Map<EventName, Set<(payload: never) => void>>()
  const logger = quietLogger()
  const calls: FakeCore['calls'] = []
  const events: EventSource = {
    on(event, listener) {
      const set = listeners.get(event) ?? new Set()
      listeners.set(event, set)
      set.add(listener)
      return disposable(() => set.delete(listener))
    }
  }
  const status: Status = { ...sampleLive, level: 'calm', runners: [sampleRunner('tiny', 'ready')] }
  const canned: Handlers = {
    'app.hello': async () =>
      ok({ name: 'firebreak', version: '0.0.0', protocolVersion: 1, pid: process.pid, host: 'headless' }),
    'app.facts': async () =>
      ok({
        model: 'm',
        cpu: 'c',
        cores: 2,
        gpu: 'g',
        os: 'o',
        kernel: 'k',
        arch: 'arm64',
        pageSizeBytes: 4096
      }),
    'app.own-cost': async () => ok({ processes: [], cpuPctOfOneCore: 'unknown' }),
    'app.notices': async () => ok([]),
    'app.dismiss-notice': async () => ok({}),
    'status.get': async () => ok(structuredClone(status) as never),
    'recent.get': async () => ok({ series: [], points: [] }),
    'runners.list': async () => ok([sampleRunner('tiny', 'ready')] as never),
    'runners.start': async () => ok(sampleRunner('tiny', 'starting') as never),
    'runners.stop': async ({ id }) => (id === 'tiny' ? ok(sampleStop as never) : err(notFound(id))),
    'runners.log': async ({ id, offset }) =>
      id === 'tiny'
        ? ok({ text: offset === null ? 'one\ntwo\n' : '', fromOffset: offset ?? 0, nextOffset: 8 })
        : err(notFound(id)),
    'runners.installed': async () => ok([{ kind: 'llamacpp', path: '/usr/bin/llama-server', problem: null }]),
    'runners.set-up': async () => ok([sampleStep] as never),
    'runners.run-set-up': async () => ok(sampleJob('set-up-1')),
    'runners.found': async () => ok([sampleFound] as never),
    'runners.adopt': async () => ok(sampleRunner('adopted', 'ready') as never),
    'runners.stop-found': async () => ok(sampleStop as never),
    'runners.free': async ({ id }) => (id === 'tiny' ? ok(sampleStop as never) : err(notFound(id))),
    'runners.load-model': async () => ok({}),
    'runners.unload-model': async () => ok({}),
    'runners.training': async () =>
      ok({
        points: [{ step: 1, loss: 2.5, atMs: 1 }],
        checkpointStop: { works: true, text: 'It stops after the next checkpoint.' }
      }),
    'runners.stop-after-checkpoint': async () => ok({}),
    'engine.get': async () =>
      ok({
        state: 'ok',
        name: 'docker',
        version: '28.0.1',
        socket: '/var/run/docker.sock',
        text: 'Docker 28.0.1.'
      }),
    'jobs.list': async () => ok([sampleJob('job-1')]),
    'jobs.cancel': async () => ok({}),
    'playbooks.list': async () => ok([samplePlaybook] as never),
    'profiles.preview': async () =>
      ok({ commandLine: ['llama-server', '--port', '8080'], text: 'llama-server --port 8080', warnings: [] }),
    'profiles.export': async () => ok({ text: '{"profiles":[]}' }),
    'profiles.import': async () => ok({ profiles: [], problems: [] }),
    'models.download': async () => ok(sampleJob('job-2')),
    'profiles.list': async () => ok([sampleProfile('tiny')] as never),
    'profiles.save': async (profile) => ok(profile),
    'profiles.remove': async () => ok({}),
    'models.facts': async () => ok(sampleFacts),
    'estimate.get': async () => ok(sampleEstimate),
    'estimate.profile': async () => ok(sampleEstimate),
    'estimate.models': async () => ok([]),
    'models.list': async () =>
      ok({
        models: [
          {
            path: '/models/a.gguf',
            label: 'a',
            sizeBytes: GIB,
            format: 'gguf',
            store: 'folder',
            repository: null,
            mmprojPath: null,
            parts: 1,
            isPartial: false
          }
        ],
        searched: ['/models']
      }),
    'settings.get': async () => ok(defaultSettings()),
    'settings.set': async () => ok(defaultSettings()),
    'guard.get': async () => ok(sampleGuardView as never),
    'guard.answer': async () => ok({}),
    'guard.drill': async () => ok(sampleDrill as never),
    'guard.drills': async () => ok([sampleDrill] as never),
    'incidents.list': async () => ok([summaryOf(sampleIncident)]),
    'incidents.get': async ({ id }) =>
      id === sampleIncident.id ? ok(sampleIncident as never) : err(notFound(id)),
    'protection.get': async () => ok({ protection: sampleProtection, conflicts: [sampleConflict] } as never),
    'protection.set': async () => ok(sampleProtection as never),
    'web.open': async () => ok({ url: 'http://127.0.0.1:1/#token=t', port: 1 }),
    ...replaced
  }
  const handlers = Object.fromEntries(
    Object.entries(canned).map(([command, handler]) => [
      command,
      (input: unknown) => {
        calls.push({ command, input })
        return (handler as (input: unknown) => unknown)(input)
      }
    ])
  ) as unknown as Handlers
  return {
    handlers,
    logger,
    calls,
    endpoint: createLocalEndpoint({ handlers, events, logger }),
    emit(event, payload) {
      for (const listener of listeners.get(event) ?? []) (listener as (value: unknown) => void)(payload)
    },
    listenerCount: () => [...listeners.values()].reduce((sum, set) => sum + set.size, 0)
  }
}

/** A valid input for every command that the endpoint itself does not answer. */
export const VALID_INPUTS: { readonly [K in keyof Handlers]: CommandInput<K> } = {
  'app.hello': {},
  'app.facts': {},
  'app.own-cost': {},
  'app.notices': {},
  'app.dismiss-notice': { id: 'n1' },
  'status.get': {},
  'recent.get': { windowS: 60 },
  'runners.list': {},
  'runners.start': { target: 'tiny', kind: 'llamacpp', settings: { port: 8081 } },
  'runners.stop': { id: 'tiny' },
  'runners.log': { id: 'tiny', offset: null, maxBytes: 100 },
  'runners.installed': {},
  'runners.set-up': { kind: 'vllm' },
  'runners.run-set-up': { kind: 'vllm' },
  'runners.found': {},
  'runners.adopt': { pid: 4711, startTicks: 99 },
  'runners.stop-found': { pid: 4711, startTicks: 99 },
  'runners.free': { id: 'tiny' },
  'runners.load-model': { id: 'tiny', model: 'one' },
  'runners.unload-model': { id: 'tiny', model: 'one' },
  'runners.training': { id: 'tiny' },
  'runners.stop-after-checkpoint': { id: 'tiny' },
  'engine.get': {},
  'jobs.list': {},
  'jobs.cancel': { id: 'job-1' },
  'playbooks.list': {},
  'profiles.preview': { profile: sampleProfile('tiny') as CommandInput<'profiles.save'> },
  'profiles.export': { ids: ['tiny'] },
  'profiles.import': { text: '{"profiles":[]}' },
  'models.download': {
    source: {
      repository: 'owner/tiny-GGUF',
      revision: 'main',
      files: ['tiny.gguf'],
      sizeBytes: GIB,
      gated: false
    }
  },
  'profiles.list': {},
  'profiles.save': sampleProfile('tiny') as CommandInput<'profiles.save'>,
  'profiles.remove': { id: 'tiny' },
  'models.facts': { path: '/m/tiny.gguf', kind: 'llamacpp' },
  'estimate.get': { target: 'tiny' },
  'estimate.profile': { profile: sampleProfile('tiny') as CommandInput<'profiles.save'> },
  'estimate.models': {},
  'models.list': {},
  'settings.get': {},
  'settings.set': { theme: 'dark' },
  'guard.get': {},
  'guard.answer': { watchId: 'main', victimId: 'tiny', choice: 'stop' },
  'guard.drill': {},
  'guard.drills': {},
  'incidents.list': {},
  'incidents.get': { id: sampleIncident.id },
  'protection.get': {},
  'protection.set': { install: true },
  'web.open': {}
}

/** A valid payload for every event. */
export const VALID_EVENTS: { readonly [K in EventName]: EventPayload<K> } = {
  live: sampleLive as EventPayload<'live'>,
  runner: sampleRunner('tiny', 'ready') as EventPayload<'runner'>,
  'runner-removed': { id: 'tiny' },
  log: { id: 'tiny', text: 'line\n', fromOffset: 0, nextOffset: 5 },
  notice: { id: 'n1', atMs: 1, severity: 'info', text: 't', whatToDo: null },
  settings: defaultSettings(),
  guard: sampleGuardView as EventPayload<'guard'>,
  incident: summaryOf(sampleIncident),
  job: sampleJob('job-1')
}

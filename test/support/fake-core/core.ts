import { PROTOCOL_VERSION } from '../../../src/shared/contract/channels.ts'
import { COMMANDS, EVENTS } from '../../../src/shared/contract/commands.ts'
import { requestSchema, type WireEvent, type WireReply } from '../../../src/shared/contract/wire.ts'
import type { GuardView } from '../../../src/shared/model/guard.ts'
import type { LedgerPart } from '../../../src/shared/model/ledger.ts'
import type { Profile, RunnerView } from '../../../src/shared/model/runner.ts'
import type { Live, Recent } from '../../../src/shared/model/status.ts'
import { defaultSettings, type Settings } from '../../../src/shared/settings/schema.ts'
import { bytesInWords } from '../../../src/shared/util/bytes-in-words.ts'
import { admissionOf, createFakeEstimates } from './estimates.ts'
import { createFakeGuard } from './guard.ts'
import { createFakeRunners } from './runner-story.ts'
import { GIB, type Scenario } from './scenarios.ts'

const LOG = Array.from(
  { length: 400 },
  (_, at) =>
    `slot update_slots: id  0 | task ${at * 7} | n_past = ${at * 31}, n_tokens = ${at * 31}, progress = ${(at / 400).toFixed(4)}`
).join('\n')

const stopped = {
  bytesReturned: 0,
  bytesExpected: 0,
  seconds: 0.2,
  left: [],
  memoryIsBack: true,
  text: 'Stopped. Nothing had to come back.'
}

/** A made-up core that speaks the real contract: what it sends is checked against the same schemas. */
export interface FakeCore {
  request(raw: unknown): Promise<WireReply>
  tick(): WireEvent
  logLine(): WireEvent
  /** What has to be told besides, since this was asked last. */
  news(): readonly WireEvent[]
}

function ledgerAt(scenario: Scenario, t: number): readonly LedgerPart[] {
  const held = scenario.parts(t).filter((part) => part.bytes > 0)
  const rest = Math.max(0, scenario.memTotalBytes - held.reduce((sum, part) => sum + part.bytes, 0))
  const cache = Math.round(Math.min(rest * 0.9, scenario.cacheBytes))
  const plain = (id: 'cache' | 'free', label: string, bytes: number): LedgerPart => ({
    id,
    label,
    kind: id,
    bytes,
    gpuBytes: 0,
    hostBytes: bytes
  })
  return [...held, plain('cache', 'File cache', cache), plain('free', 'Free', rest - cache)]
}

function liveAt(scenario: Scenario, t: number, nowMs: number, view: GuardView): Live {
  const ledger = ledgerAt(scenario, t)
  const available = ledger
    .filter((part) => part.kind === 'cache' || part.kind === 'free')
    .reduce((sum, part) => sum + part.bytes, 0)
  const line = { avg10Pct: scenario.pressureSomePct, avg60Pct: 0, avg300Pct: 0, totalUs: 0 }
  const pressure = { some: line, full: { ...line, avg10Pct: scenario.pressureSomePct / 3 } }
  return {
    sequence: t,
    atMs: nowMs,
    intervalMs: 1000,
    memTotalBytes: scenario.memTotalBytes,
    memAvailableBytes: available,
    perCpuFreeBytes: 0,
    freeForModelsBytes: Math.max(0, available - view.reserveBytes),
    admission: admissionOf(scenario.fit, available, view.reserveBytes),
    swapTotalBytes: scenario.swapTotalBytes,
    swapFreeBytes: scenario.swapTotalBytes - scenario.swapUsedBytes,
    topology: scenario.topology,
    gpu: scenario.gpu,
    pressure: { memory: pressure, cpu: pressure, io: pressure },
    cpu: { busyPct: 14 + Math.round(Math.sin(t / 3) * 5), cores: scenario.facts.cores },
    temperatureC: 61,
    rates: {
      networkReceiveBytesPerS: 12_000,
      networkSendBytesPerS: 3000,
      diskReadBytesPerS: 0,
      diskWriteBytesPerS: 0
    },
    ledger,
    guard: {
      mode: view.mode,
      level: view.level,
      reasons: view.reasons,
      reserveBytes: view.reserveBytes,
      floorBytes: view.floorBytes,
      secondsToEmpty: scenario.secondsToEmpty
    }
  }
}

function recentOf(scenario: Scenario, seconds: number, nowMs: number): Recent {
  const series = new Map<string, Recent['series'][number]>()
  const points = Array.from({ length: seconds }, (_, at) => {
    const t = at - seconds
    const ledger = ledgerAt(scenario, t)
    for (const { id, label, kind } of ledger) series.set(id, { id, label, kind })
    return {
      atMs: nowMs + t * 1000,
      memAvailableBytes: ledger
        .filter((part) => part.kind === 'cache' || part.kind === 'free')
        .reduce((sum, part) => sum + part.bytes, 0),
      bands: Object.fromEntries(ledger.map((part) => [part.id, part.bytes]))
    }
  })
  return { series: [...series.values()], points }
}

/** `theme` presets the setting, for screenshots of both; `clock` is what it takes for the time, ms since 1970. */
export function fakeCore(
  scenario: Scenario,
  theme: Settings['theme'],
  clock: () => number = Date.now
): FakeCore {
  let t = 0
  let settings: Settings = { ...defaultSettings(), theme }
  let notices = scenario.notices
  let profiles: readonly Profile[] = scenario.profiles
  const states = new Map<string, RunnerView['state']>()
  const runners = (): readonly RunnerView[] =>
    scenario.runners(t).map((one) => {
      const state = states.get(one.id) ?? one.state
      if (state === 'waiting' && one.state !== 'waiting') {
        return { ...one, state, text: 'Waits for room: it is started when enough memory is free.' }
      }
      if (!guard.isFrozen(one.id)) return { ...one, state }
      const { gpuBytes, hostBytes } = one.bytes
      const text = `Paused. It keeps its ${bytesInWords(gpuBytes + hostBytes)} but takes no more.`
      return { ...one, state, text, frozen: true }
    })
  let log = LOG
  let pending: WireEvent[] = []
  const tellOf = (id: string): void => {
    const view = runners().find((one) => one.id === id)
    pending.push({ v: PROTOCOL_VERSION, event: 'runner', payload: view })
  }
  const guard = createFakeGuard({
    scenario,
    clock,
    settings: () => settings,
    ledger: () => ledgerAt(scenario, t),
    runners,
    stop(id) {
      states.set(id, 'stopped')
      tellOf(id)
    },
    changed: (id) => tellOf(id),
    emit: (event) => pending.push(event)
  })
  const others = createFakeRunners({
    story: scenario.story ?? {},
    clock,
    emit: (event) => pending.push(event),
    keep(profile) {
      profiles = [...profiles, profile]
    },
    profiles: () => profiles,
    view: (id) => runners().find((one) => one.id === id) ?? null
  })
  const estimates = createFakeEstimates({
    scenario,
    live: () => live(),
    profiles: () => profiles,
    runners: () => runners()
  })
  const live = (): Live => liveAt(scenario, t, clock(), guard.view())

  const answer = (command: keyof typeof COMMANDS, input: unknown): unknown => {
    const ofRunners = others.answer(command, input)
    if (ofRunners !== undefined) return ofRunners
    switch (command) {
      case 'app.hello':
        return {
          name: 'firebreak',
          version: '0.1.0',
          protocolVersion: PROTOCOL_VERSION,
          pid: 4242,
          host: 'headless'
        }
      case 'app.facts':
        return scenario.facts
      case 'app.own-cost':
        return {
          processes: [
            { name: 'core', pid: 4242, pssBytes: 0.058 * GIB },
            { name: 'gpu probe', pid: 4250, pssBytes: 0.031 * GIB }
          ],
          cpuPctOfOneCore: 0.6
        }
      case 'app.notices':
        return notices
      case 'app.dismiss-notice': {
        const { id } = COMMANDS['app.dismiss-notice'].input.parse(input)
        notices = notices.filter((one) => one.id !== id)
        return {}
      }
      case 'status.get':
        return { ...live(), level: scenario.level, runners: runners() }
      case 'recent.get':
        return recentOf(scenario, 899, clock())
      case 'runners.list':
        return runners()
      case 'runners.start': {
        const { target, waits } = COMMANDS['runners.start'].input.parse(input)
        if (waits === true) {
          states.set(target, 'waiting')
          return runners().find((one) => one.id === target) ?? null
        }
        if (scenario.startable?.includes(target) !== true) return null
        states.set(target, 'starting')
        return runners().find((one) => one.id === target)
      }
      case 'runners.stop': {
        const { id } = COMMANDS['runners.stop'].input.parse(input)
        states.set(id, 'stopped')
        return stopped
      }
      case 'runners.log':
        return { text: log, fromOffset: 0, nextOffset: log.length }
      case 'profiles.list':
        return profiles
      case 'profiles.save': {
        const saved = COMMANDS['profiles.save'].input.parse(input)
        profiles = [...profiles.filter((one) => one.id !== saved.id), saved]
        return saved
      }
      case 'profiles.remove': {
        const { id } = COMMANDS['profiles.remove'].input.parse(input)
        profiles = profiles.filter((one) => one.id !== id)
        return {}
      }
      case 'models.list':
        return { models: scenario.models, searched: ['/home/ada/models', '/home/ada/.cache/llama.cpp'] }
      case 'settings.get':
        return settings
      case 'settings.set': {
        const patch = COMMANDS['settings.set'].input.parse(input)
        settings = {
          ...settings,
          ...patch,
          guard: { ...settings.guard, ...patch.guard },
          llamacpp: { ...settings.llamacpp, ...patch.llamacpp }
        } as Settings
        return settings
      }
      default:
        return command.startsWith('events.') || command.startsWith('app.') ? {} : null
    }
  }

  return {
    news() {
      const told = pending
      pending = []
      for (const { event, payload } of told) EVENTS[event].parse(payload)
      return told
    },
    async request(raw) {
      const request = requestSchema.parse(raw)
      const command = request.command as keyof typeof COMMANDS
      const ofGuard = guard.answer(command, request.input)
      if (ofGuard !== null) {
        const result = await ofGuard
        return result.ok
          ? {
              v: PROTOCOL_VERSION,
              id: request.id,
              ok: true,
              value: COMMANDS[command].output.parse(result.value)
            }
          : { v: PROTOCOL_VERSION, id: request.id, ok: false, error: result.error }
      }
      const ofEstimates = estimates.answer(command, request.input)
      if (ofEstimates !== undefined) {
        return ofEstimates.ok
          ? {
              v: PROTOCOL_VERSION,
              id: request.id,
              ok: true,
              value: COMMANDS[command].output.parse(ofEstimates.value)
            }
          : { v: PROTOCOL_VERSION, id: request.id, ok: false, error: ofEstimates.error }
      }
      const tooBig = command === 'runners.start' ? estimates.refusal(request.input) : null
      if (tooBig !== null) return { v: PROTOCOL_VERSION, id: request.id, ok: false, error: tooBig }
      const held = command === 'runners.start' ? guard.launchHold() : null
      if (held !== null) {
        const error = { code: 'refused', message: held } as const
        return { v: PROTOCOL_VERSION, id: request.id, ok: false, error }
      }
      const value = answer(command, request.input)
      if (value === null) {
        return {
          v: PROTOCOL_VERSION,
          id: request.id,
          ok: false,
          error: {
            code: 'model-missing',
            message: 'There is no file at that path.',
            detail: `ENOENT: no such file or directory, open '${JSON.stringify(request.input)}'`
          }
        }
      }
      return { v: PROTOCOL_VERSION, id: request.id, ok: true, value: COMMANDS[command].output.parse(value) }
    },
    tick() {
      t += 1
      guard.tick()
      others.tick()
      return { v: PROTOCOL_VERSION, event: 'live', payload: live() }
    },
    logLine() {
      const text = `\nsrv  log_server_r: request: POST /v1/chat/completions 127.0.0.1 200 (${t})`
      const fromOffset = log.length
      log += text
      const id = runners()[0]?.id ?? 'none'
      return { v: PROTOCOL_VERSION, event: 'log', payload: { id, text, fromOffset, nextOffset: log.length } }
    }
  }
}

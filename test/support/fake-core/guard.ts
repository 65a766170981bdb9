import { launchHoldText, wouldDoText } from '../../../src/main/guard/words.ts'
import { PROTOCOL_VERSION } from '../../../src/shared/contract/channels.ts'
import { COMMANDS } from '../../../src/shared/contract/commands.ts'
import type { ContractError } from '../../../src/shared/contract/errors.ts'
import type { WireEvent } from '../../../src/shared/contract/wire.ts'
import { rankVictims } from '../../../src/shared/domain/guard/rank.ts'
import type {
  Candidate,
  DrillReport,
  GuardAsk,
  GuardEvent,
  GuardView,
  Incident,
  IncidentSummary,
  ProtectionStatus,
  Ranking
} from '../../../src/shared/model/guard.ts'
import type { LedgerPart } from '../../../src/shared/model/ledger.ts'
import type { RunnerView } from '../../../src/shared/model/runner.ts'
import type { Settings } from '../../../src/shared/settings/schema.ts'
import { err, ok, type Result } from '../../../src/shared/util/result.ts'
import { actedIncident, drillReport, guarding, protectionOff, storyEvent } from './guard-story.ts'
import type { Scenario } from './scenarios.ts'

const GIB = 2 ** 30
/** Programs below this are too small to be worth a line. */
const FOREIGN_BYTES = 2 * GIB
/** How long a made-up drill takes, in ticks, and when it warns, freezes and stops. */
const DRILL_TICKS = 6
const DRILL_AT = { warn: 1, freeze: 3, terminate: 5 } as const

/** What the made-up guard needs of the core around it. */
export interface FakeGuardHost {
  readonly scenario: Scenario
  clock(): number
  settings(): Settings
  ledger(): readonly LedgerPart[]
  runners(): readonly RunnerView[]
  stop(runnerId: string): void
  /** Something of that runner is other than it was. */
  changed(runnerId: string): void
  emit(event: WireEvent): void
}

export interface FakeGuard {
  view(): GuardView
  isFrozen(runnerId: string): boolean
  /** Why nothing may be started now; null: it may. */
  launchHold(): string | null
  /** null: not a command of the guard. */
  answer(command: string, input: unknown): Promise<Result<unknown, ContractError>> | null
  tick(): void
}

const summaryOf = ({ curve: _curve, events: _events, ...summary }: Incident): IncidentSummary => summary

/** The ranking of the product, over what this machine holds. */
function rankingOf(host: FakeGuardHost): Ranking {
  const { mayStopForeign, protectedNames } = host.settings().guard
  const told = host.scenario.guard?.refused ?? []
  const isTold = (id: string): boolean => told.some((one) => one.id === id)
  const candidates = host.ledger().flatMap(({ id, label, kind, bytes, gpuBytes, hostBytes }): Candidate[] => {
    const runnerId = id.replace('runner:', '')
    const isForeign = kind === 'process' && bytes > FOREIGN_BYTES
    if (isTold(runnerId) || (kind !== 'runner' && !isForeign)) return []
    const profile = host.scenario.profiles.find((one) => one.id === runnerId)
    const isBig = kind === 'runner' && bytes > 50 * GIB
    return [
      {
        id: runnerId,
        label,
        kind: isForeign ? 'foreign' : 'runner',
        names: [label],
        gpuBytes,
        hostBytes,
        growthBytesPerS: isBig ? 2.1 * GIB : 0,
        importance: profile?.importance ?? 'normal',
        pinned: profile?.pinned ?? false,
        phase: isForeign || isBig ? 'ready' : 'idle',
        reloadS: !isForeign && bytes > 10 * GIB ? Math.round(bytes / GIB / 0.7) : 'unknown'
      }
    ]
  })
  const { victims, refused } = rankVictims(candidates, { protectedNames, mayStopForeign, fallBytesPerS: 0 })
  return { victims, refused: [...told, ...refused] }
}

/** A guard that does as its story says, reacts to answers, and runs a drill in some ticks. */
export function createFakeGuard(host: FakeGuardHost): FakeGuard {
  const story = host.scenario.guard ?? {}
  const bornMs = host.clock()
  let ask: GuardAsk | null = null
  if (story.ask !== undefined) {
    const { actsInS, ...rest } = story.ask
    ask = { ...rest, actsAtMs: actsInS === null ? null : bornMs + actsInS * 1000 }
  }
  let events: readonly GuardEvent[] = (story.events ?? []).map(({ agoS, ...over }) =>
    storyEvent(bornMs - agoS * 1000, over)
  )
  let incidents: readonly Incident[] = story.incidents?.(bornMs) ?? []
  let drills: readonly DrillReport[] = story.drills?.(bornMs) ?? []
  let protection: ProtectionStatus = { ...protectionOff, ...story.protection }
  let drillTick: number | null = story.drillRuns === true ? 0 : null
  /** As the processes are: what was said of them before may be old. */
  const frozen = new Set<string>(ask?.stage === 'frozen' ? [ask.victimId] : [])
  let drillEnds: ((report: DrillReport) => void)[] = []

  /** Launches wait for the answer where there is a question. */
  const isHeld = (): boolean => story.launchesHeld === true && (story.ask === undefined || ask !== null)
  const view = (): GuardView => {
    const settings = host.settings()
    const { scenario } = host
    const ranking = rankingOf(host)
    const mode = story.mode ?? settings.guard.mode
    return {
      mode,
      level: scenario.level,
      reasons: scenario.reasons,
      reserveBytes: Math.round(settings.reserveBytes ?? scenario.reserveBytes),
      floorBytes: Math.round(settings.floorBytes ?? scenario.floorBytes),
      automaticReserveBytes: Math.round(scenario.reserveBytes),
      automaticFloorBytes: Math.round(scenario.floorBytes),
      sentinel: { ...guarding, armedIds: ranking.victims.map(({ id }) => id), ...story.sentinel },
      launchesHeld: isHeld(),
      ask,
      wouldDo: story.wouldDo ?? wouldDoText(mode, ranking, story.sentinel?.unreachableIds ?? []),
      ranking,
      protectedNames: settings.guard.protectedNames,
      lastEvents: events,
      lastDrill: drills[0] ?? null,
      drillRunning: drillTick !== null
    }
  }
  const tell = (): void => host.emit({ v: PROTOCOL_VERSION, event: 'guard', payload: view() })
  const available = (): number =>
    host
      .ledger()
      .filter(({ kind }) => kind === 'cache' || kind === 'free')
      .reduce((sum, { bytes }) => sum + bytes, 0)
  const note = (over: Parameters<typeof storyEvent>[1]): void => {
    events = [storyEvent(host.clock(), over), ...events].slice(0, 20)
  }
  const happen = (incident: Incident): void => {
    incidents = [incident, ...incidents.filter(({ id }) => id !== incident.id)]
    host.emit({ v: PROTOCOL_VERSION, event: 'incident', payload: summaryOf(incident) })
  }

  const onAnswer = (input: unknown): Result<unknown, ContractError> => {
    const { victimId, choice } = COMMANDS['guard.answer'].input.parse(input)
    if (ask === null || ask.victimId !== victimId) {
      return err({ code: 'refused', message: 'Nobody is asked about that any more.' })
    }
    const { label } = ask
    if (choice === 'stop') {
      ask = null
      frozen.delete(victimId)
      note({ kind: 'terminate', victimId, label })
      host.stop(victimId)
      happen(actedIncident(host.clock(), label, victimId))
    } else if (choice === 'continue') {
      if (ask.stage === 'frozen') note({ kind: 'thaw', victimId, label })
      frozen.delete(victimId)
      ask = null
      host.changed(victimId)
    } else ask = { ...ask, actsAtMs: null }
    tell()
    return ok({})
  }
  const onDrill = (): Promise<Result<unknown, ContractError>> => {
    if (drillTick !== null) {
      return Promise.resolve(err({ code: 'already-running', message: 'A fire drill is under way.' }))
    }
    drillTick = 0
    tell()
    return new Promise((done) => drillEnds.push((report) => done(ok(report))))
  }
  const stepDrill = (): void => {
    if (drillTick === null) return
    drillTick += 1
    for (const [kind, at] of Object.entries(DRILL_AT) as [keyof typeof DRILL_AT, number][]) {
      if (drillTick === at)
        note({
          kind,
          watchId: 'drill',
          victimId: 'drill',
          label: 'Fire drill',
          availableBytes: available(),
          bytes: 0.6 * GIB
        })
    }
    if (drillTick >= DRILL_TICKS) {
      drillTick = null
      const report = drillReport(host.clock(), story.drillFails !== true)
      drills = [report, ...drills]
      for (const end of drillEnds) end(report)
      drillEnds = []
    }
    tell()
  }

  return {
    view,
    launchHold: () =>
      isHeld() || story.refusesStarts === true ? launchHoldText(host.scenario.reasons) : null,
    isFrozen: (runnerId) => frozen.has(runnerId),
    answer(command, input) {
      switch (command) {
        case 'guard.get':
          return Promise.resolve(ok(view()))
        case 'guard.answer':
          return Promise.resolve(onAnswer(input))
        case 'guard.drill':
          return onDrill()
        case 'guard.drills':
          return Promise.resolve(ok(drills))
        case 'incidents.list':
          return Promise.resolve(ok(incidents.map(summaryOf)))
        case 'incidents.get': {
          const { id } = COMMANDS['incidents.get'].input.parse(input)
          const found = incidents.find((one) => one.id === id)
          return Promise.resolve(
            found === undefined
              ? err({ code: 'not-found', message: 'There is no such incident.' })
              : ok(found)
          )
        }
        case 'protection.get':
          return Promise.resolve(ok({ protection, conflicts: story.conflicts ?? [] }))
        case 'protection.set': {
          if (story.refusesProtection === true) {
            return Promise.resolve(
              err({ code: 'refused', message: 'The password dialog was closed. Nothing was changed.' })
            )
          }
          const { install } = COMMANDS['protection.set'].input.parse(input)
          protection = { ...protection, state: install ? 'on' : 'off' }
          return Promise.resolve(ok(protection))
        }
        default:
          return null
      }
    },
    tick() {
      if (drillTick === null) tell()
      else stepDrill()
    }
  }
}

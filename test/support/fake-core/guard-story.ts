import type {
  Conflict,
  DrillReport,
  GuardAsk,
  GuardEvent,
  Incident,
  ProtectionStatus,
  RefusedVictim,
  SentinelStatus
} from '../../../src/shared/model/guard.ts'
import { drillText } from '../../../src/main/drill/report-text.ts'
import { EMPTY_TIMELINE, type Timeline } from '../../../src/main/drill/timeline.ts'
import { createActNotices } from '../../../src/main/guard/act-notices.ts'
import { stoppedStory } from '../../../src/main/incidents/last-minutes.ts'
import { storyOf, wouldStory } from '../../../src/main/incidents/story.ts'
import { protectionAmounts } from '../../../src/main/protection/amounts.ts'
import { INSTALLED_HELPER, PKEXEC } from '../../../src/main/protection/helper-command.ts'
import type { GuardMode, Notice } from '../../../src/shared/model/status.ts'

const GIB = 2 ** 30
const MIB = 2 ** 20

/** What of the guard a made-up machine has of its own; everything else follows from the machine. */
export interface GuardStory {
  readonly mode?: GuardMode
  readonly sentinel?: Partial<SentinelStatus>
  /** `actsInS` after the first reading; null: it waits for as long as it takes. */
  readonly ask?: Omit<GuardAsk, 'actsAtMs'> & { readonly actsInS: number | null }
  readonly launchesHeld?: boolean
  /** A start is refused although the view does not say yet that launches are held. */
  readonly refusesStarts?: boolean
  readonly wouldDo?: string
  /** Newest first; `agoS` before the first reading. */
  readonly events?: readonly StoryEvent[]
  readonly refused?: readonly RefusedVictim[]
  readonly conflicts?: readonly Conflict[]
  readonly protection?: Partial<ProtectionStatus>
  readonly incidents?: (nowMs: number) => readonly Incident[]
  readonly drills?: (nowMs: number) => readonly DrillReport[]
  /** A drill is under way from the start. */
  readonly drillRuns?: boolean
  readonly drillFails?: boolean
  /** The administrator's dialog is cancelled. */
  readonly refusesProtection?: boolean
}

export interface StoryEvent extends Partial<GuardEvent> {
  readonly kind: GuardEvent['kind']
  readonly agoS: number
}

export const guarding: SentinelStatus = {
  state: 'guarding',
  pid: 4_260,
  rights: 'system',
  memoryLocked: true,
  priorityRaised: true,
  notes: [],
  armedIds: [],
  unreachableIds: []
}

export const fromCheckout: Partial<SentinelStatus> = {
  rights: 'user',
  memoryLocked: false,
  priorityRaised: false,
  notes: [
    'It runs as you: containers and programs of other users are out of its reach.',
    'Its oom_score_adj is not lowered: that needs CAP_SYS_RESOURCE. The kernel may end it like any small program.'
  ]
}

const amounts = protectionAmounts(6 * GIB, 119.7 * GIB)
export const protectionOff: ProtectionStatus = {
  state: 'off',
  note: null,
  units: [
    { unit: 'user-1000.slice', ...amounts },
    { unit: 'session.slice', ...amounts },
    { unit: 'app.slice', minBytes: 0, lowBytes: amounts.lowBytes }
  ],
  installCommand: [
    PKEXEC,
    INSTALLED_HELPER,
    'install-protection',
    '--uid',
    '1000',
    '--low',
    String(amounts.lowBytes),
    '--min',
    String(amounts.minBytes)
  ],
  removeCommand: [PKEXEC, INSTALLED_HELPER, 'remove-protection', '--uid', '1000']
}

export const someConflicts: readonly Conflict[] = [
  {
    id: 'earlyoom-percentage',
    severity: 'warning',
    title: 'earlyoom would act while 12.0 GiB are still available',
    text: 'Its default of 10 % is 12.0 GiB of this machine’s memory. It does not see memory of the GPU, so it stops what looks largest to it: Firefox, now.',
    whatToDo: 'Switch it off while Firebreak guards, or give it a size instead of a share.',
    commands: ['sudo systemctl disable --now earlyoom', 'sudo systemctl edit earlyoom']
  },
  {
    id: 'swappiness',
    severity: 'info',
    title: 'The kernel swaps early (swappiness 60)',
    text: 'On this machine that moves parts of the desktop to disk while a model loads.',
    whatToDo: 'Lower it to 10.',
    commands: ['echo vm.swappiness=10 | sudo tee /etc/sysctl.d/60-firebreak.conf', 'sudo sysctl --system']
  }
]

const DRILL_S = 9
const STEP_S = 0.1

/** Memory falls in steps from second 1, is held while frozen, and comes back after the stop. */
function drillCurve(highBytes: number, takenBytes: number, passed: boolean): DrillReport['curve'] {
  return Array.from({ length: DRILL_S / STEP_S + 1 }, (_, at) => {
    const atS = at * STEP_S
    const share = Math.max(0, Math.min(1, (atS - 1) / (passed ? 3 : 6)))
    const back = passed && atS > 7.4 ? 1 : 0
    const taken = (Math.floor(share * 32) / 32) * takenBytes * (1 - back)
    return { atS, availableBytes: highBytes - taken }
  })
}

const drillLine = (passed: boolean): Timeline => ({
  ...EMPTY_TIMELINE,
  warnedAtS: 2.1,
  ...(passed
    ? { frozenAtS: 4, stoppedAtS: 7.2, goneAtS: 7.3, memoryBackAtS: 7.6, returnedBytes: 0.99 * GIB }
    : {})
})

export const drillReport = (atMs: number, passed: boolean, number: number = 1): DrillReport => ({
  id: `drill-${atMs}`,
  atMs,
  passed,
  text: drillText(drillLine(passed), { takenBytes: GIB, endedBy: null, aboveFloorBytes: 0, seconds: 60 }),
  boundBytes: 1 * GIB,
  stepBytes: 32 * MIB,
  warnedAtS: 2.1 + number * 0.01,
  frozenAtS: passed ? 4 : null,
  stoppedAtS: passed ? 7.2 : null,
  memoryBackAtS: passed ? 7.6 : null,
  takenBytes: 1 * GIB,
  returnedBytes: passed ? 0.99 * GIB : 'unknown',
  sentinel: { rights: 'system', memoryLocked: true, priorityRaised: true },
  curve: drillCurve(53.4 * GIB, 1 * GIB, passed),
  thresholds: { reserveBytes: 53 * GIB, floorBytes: 52.5 * GIB }
})

/** Of 120 s, the last half minute falling by `fallBytes`, then back after the act. */
function incidentCurve(
  atMs: number,
  highBytes: number,
  fallBytes: number,
  label: string,
  back: boolean
): Incident['curve'] {
  return Array.from({ length: 131 }, (_, at) => {
    const s = at - 110
    const fallen = Math.max(0, Math.min(1, (s + 30) / 30)) ** 2
    const isBack = back && s > 16
    const availableBytes = isBack ? highBytes + 20 * GIB : highBytes - fallen * fallBytes
    return {
      atMs: atMs + s * 1000,
      availableBytes,
      holders: [
        { label, bytes: isBack ? 0 : 38 * GIB + fallen * fallBytes },
        { label: 'qwen3-32b', bytes: 42.8 * GIB },
        { label: 'firefox', bytes: 3.3 * GIB },
        { label: 'code', bytes: 2.3 * GIB }
      ]
    }
  })
}

let sequence = 0
export const storyEvent = (
  atMs: number,
  over: Partial<GuardEvent> & Pick<GuardEvent, 'kind'>
): GuardEvent => ({
  sequence: (sequence += 1),
  atMs,
  monotonicMs: atMs % 1e9,
  watchId: 'main',
  victimId: 'gpt-oss-120b',
  label: 'gpt-oss-120b',
  reasons: [],
  availableBytes: 2.4 * GIB,
  floorBytes: 2 * GIB,
  secondsToEmpty: null,
  bytes: 61 * GIB,
  ...over
})

const FLOOR_GOING = 'Falling memory is about to pass the floor.'
const GREW = (label: string): string => `${label} grew 9.0 GiB in 4 s.`

/** The events of one act, in their order, from the warning to the proof. */
export function actEvents(
  atMs: number,
  label: string = 'gpt-oss-120b',
  id: string = 'gpt-oss-120b'
): readonly GuardEvent[] {
  const by = (afterS: number, over: Partial<GuardEvent> & Pick<GuardEvent, 'kind'>): GuardEvent =>
    storyEvent(atMs + afterS * 1000, { victimId: id, label, ...over })
  const reasons = [FLOOR_GOING, 'Part of the desktop’s reserve is in use.']
  return [
    by(-6, { kind: 'warn', reasons: [GREW(label)], availableBytes: 9 * GIB, secondsToEmpty: 6 }),
    by(0, { kind: 'freeze', reasons, secondsToEmpty: 1.5 }),
    by(15, {
      kind: 'terminate',
      reasons: [`${label} is paused: it takes no more memory, and keeps what it has.`]
    }),
    by(16.1, { kind: 'gone', availableBytes: 40 * GIB }),
    by(17.3, { kind: 'memory-back', availableBytes: 63 * GIB })
  ]
}

/** What the core would say of these events, the last word alone; `agoMs` before now. */
export function actNotice(
  events: readonly GuardEvent[],
  agoMs: number,
  incidentId: string
): readonly Notice[] {
  const notices = createActNotices()
  const said = events.flatMap((event) => {
    const grew = event.label === null ? null : GREW(event.label)
    const one = notices.of(event, { bytesNow: null, growth: grew })
    return one === null ? [] : [one]
  })
  const last = said.at(-1)
  if (last === undefined) return []
  const { severity, text, whatToDo, victimId } = last
  return [
    {
      id: incidentId,
      atMs: Date.now() - agoMs,
      severity,
      text,
      whatToDo,
      incidentId,
      runnerId: victimId ?? undefined
    }
  ]
}

export function actedIncident(
  atMs: number,
  label: string = 'gpt-oss-120b',
  id: string = 'gpt-oss-120b'
): Incident {
  const events = actEvents(atMs, label, id)
  return {
    id: `acted-${id}`,
    atMs,
    kind: 'acted',
    ...storyOf(events.filter(({ kind }) => kind !== 'warn')),
    runnerId: id,
    events,
    curve: incidentCurve(atMs, 25 * GIB, 22.6 * GIB, label, true)
  }
}

export function stoppedAnswering(atMs: number): Incident {
  const whole = incidentCurve(atMs, 24 * GIB, 24 * GIB, 'gpt-oss-120b', false)
  const curve = whole.filter((point) => point.atMs <= atMs)
  return {
    id: 'stopped-answering',
    atMs,
    kind: 'stopped-answering',
    ...stoppedStory(curve, atMs + 360_000, 119.7 * GIB),
    runnerId: null,
    events: [],
    curve
  }
}

export const wouldEvent = (atMs: number): GuardEvent =>
  storyEvent(atMs, { kind: 'would', reasons: ['Would freeze gpt-oss-120b.', FLOOR_GOING] })

export const wouldHave = (atMs: number): Incident => ({
  ...actedIncident(atMs),
  id: 'would',
  kind: 'would-have-acted',
  ...wouldStory(wouldEvent(atMs)),
  events: [wouldEvent(atMs)]
})

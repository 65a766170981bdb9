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
import type { GuardMode } from '../../../src/shared/model/status.ts'

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
    'Its memory is not locked: the limit for locked memory is 8 MiB. Under heavy swapping it may react late.',
    'Its priority is not raised: this user may not do that.'
  ]
}

export const protectionOff: ProtectionStatus = {
  state: 'off',
  note: null,
  units: [
    { unit: 'user-1000.slice', minBytes: 1 * GIB, lowBytes: 4 * GIB },
    { unit: 'session.slice', minBytes: 1 * GIB, lowBytes: 2 * GIB },
    { unit: 'app.slice', minBytes: 0, lowBytes: 2 * GIB }
  ],
  installCommand: ['pkexec', '/usr/lib/firebreak/firebreak-helper', 'install-protection'],
  removeCommand: ['pkexec', '/usr/lib/firebreak/firebreak-helper', 'remove-protection']
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

export const drillReport = (atMs: number, passed: boolean, number: number = 1): DrillReport => ({
  id: `drill-${atMs}`,
  atMs,
  passed,
  text: passed
    ? 'Warned after 2.1 s, paused after 4.0 s, stopped after 7.2 s; 1.0 GiB came back in 0.4 s.'
    : 'The guard warned, but did not pause the drill before its bound of 1.0 GiB was reached.',
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

export function actedIncident(
  atMs: number,
  label: string = 'gpt-oss-120b',
  id: string = 'gpt-oss-120b'
): Incident {
  const by = (over: Partial<GuardEvent> & Pick<GuardEvent, 'kind'>, afterS: number): GuardEvent =>
    storyEvent(atMs + afterS * 1000, { victimId: id, label, ...over })
  return {
    id: `acted-${id}`,
    atMs,
    kind: 'acted',
    title: `Stopped ${label}`,
    text: `${label} grew 23 GiB in 9 s, and memory would have been below the floor in about 1 s. It was paused, nobody answered within 15 s, and it was stopped. 61 GiB came back in 2.3 s. Give it less context, or stop qwen3-32b before starting it again.`,
    runnerId: id,
    events: [
      by(
        {
          kind: 'warn',
          reasons: [`${label} grew 9 GiB in 4 s.`],
          availableBytes: 9 * GIB,
          secondsToEmpty: 6
        },
        -6
      ),
      by(
        { kind: 'freeze', reasons: ['Memory will be below the floor in about 1 s.'], secondsToEmpty: 1.5 },
        0
      ),
      by({ kind: 'terminate', reasons: ['Nobody answered within 15 s.'] }, 15),
      by({ kind: 'gone', bytes: 61 * GIB, availableBytes: 40 * GIB }, 16.1),
      by({ kind: 'memory-back', bytes: 61 * GIB, availableBytes: 63 * GIB }, 17.3)
    ],
    curve: incidentCurve(atMs, 25 * GIB, 22.6 * GIB, label, true)
  }
}

export const stoppedAnswering = (atMs: number): Incident => ({
  id: 'stopped-answering',
  atMs,
  kind: 'stopped-answering',
  title: 'The machine stopped answering',
  text: 'gpt-oss-120b grew 23 GiB in 9 s while the guard was off. Firebreak did not end in good order; the machine was started again 6 min later. Switch the guard on, or give the model less context.',
  runnerId: 'gpt-oss-120b',
  events: [],
  curve: incidentCurve(atMs, 24 * GIB, 24 * GIB, 'gpt-oss-120b', false)
})

export const wouldHave = (atMs: number): Incident => ({
  ...actedIncident(atMs),
  id: 'would',
  kind: 'would-have-acted',
  title: 'Would have paused gpt-oss-120b',
  text: 'Memory would have been below the floor in about 1 s. The guard only observes, so nothing was done; memory stopped falling by itself at 1.1 GiB.',
  events: [storyEvent(atMs, { kind: 'would', reasons: ['Memory will be below the floor in about 1 s.'] })]
})

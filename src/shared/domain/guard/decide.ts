import type { GuardPolicy } from '../../model/guard.ts'
import type { GuardMode } from '../../model/status.ts'
import { learnRest } from './bounds.ts'
import type {
  DecideInput,
  DecideVictim,
  Decision,
  DecisionAsk,
  GuardAction,
  GuardMemory
} from './decide.types.ts'
import {
  beginEpisode,
  CONTINUE_MS,
  firstActKind,
  firstVictim,
  mayGoOn,
  stepEpisode,
  wasThawed,
  type Step
} from './episode.ts'
import { goneWithin } from './fall.ts'
import { rankOf, settledLevel } from './levels.ts'
import { outlookOf, type Outlook } from './outlook.ts'
import { isUsable, withoutGap, withPoint } from './points.ts'
import { reasonsOf, UNREADABLE } from './reasons.ts'

const WARN_RANK = rankOf('warn')
/** A runner's own API needs about this long to give memory back; with less time it is not asked. */
const SHRINK_LEAD_MS = 2_000
/** Once per event; an event without an act is over after this long. */
const EVENT_MS = 30_000
/** A fast fall begins far above the reserve: room alone does not end the event it belongs to. */
const LEAST_EVENT_MS = 3_000

const ACTS: Readonly<Record<GuardMode, boolean>> = {
  off: false,
  observe: false,
  relaxed: true,
  balanced: true,
  strict: true,
  custom: true
}

/**
 * What is to be done about memory now: level, reasons and at most one act.
 *
 * Pure: clock, readings and all that is remembered come in and go out. Acts at the last responsible moment: when
 * falling memory would pass the floor before a stop could take effect, or a slow drift below it makes programs wait.
 * Nothing is concluded from a reading that is stale, impossible or missing.
 */
export function decide(input: DecideInput): Decision {
  const { policy, victims, reading } = input
  const memory = withoutGap(input.memory, input.nowMs)
  const nowMs = Number.isFinite(input.nowMs) ? input.nowMs : (memory.nowMs ?? 0)
  const readable = isUsable(reading, input.nowMs)
  if (!readable) return blind(input, memory, nowMs)

  const points = withPoint(memory.points, reading)
  const running = memory.episode
  const target = victims.find(({ id, state }) => id === running?.victimId && state !== 'gone')
  const outlook = outlookOf(points, reading.memTotalBytes, policy, target ?? firstVictim(victims), memory)
  const step = nextStep(input, memory, points, outlook, nowMs)
  const observed = policy.mode === 'observe' ? observe(input, memory, outlook, nowMs) : NOT_OBSERVED

  const settled = settledLevel(outlook, policy.reserveBytes, step.episode, memory, nowMs)
  const point = points.at(-1)
  const next: GuardMemory = {
    nowMs,
    points: step.ended ? points.slice(-1) : points,
    level: settled.level,
    easedSinceMs: settled.easedSinceMs,
    secondsToEmpty: outlook.secondsToEmpty,
    drift: outlook.drift,
    ...(point === undefined
      ? { resting: null, restedBytes: null }
      : learnRest(memory, point, outlook.floorBytes, {
          stalling: outlook.stalling,
          acted: step.episode !== null
        })),
    episode: step.episode,
    left: step.left,
    thawed: step.thawed,
    shrunk: step.shrunk,
    wouldAtMs: observed.wouldAtMs
  }
  return {
    level: settled.level,
    reasons: reasonsOf({
      outlook,
      policy,
      episode: step.episode,
      level: settled.level,
      held: settled.held,
      hasVictim: firstVictim(victims) !== undefined
    }),
    secondsToEmpty: outlook.secondsToEmpty,
    secondsToAct: ACTS[policy.mode] ? outlook.secondsToAct : null,
    action: step.action,
    would: observed.would,
    ask: askOf(input, next, settled.held, outlook),
    holdLaunches: holds(policy, next),
    memory: next
  }
}

const holds = (policy: GuardPolicy, memory: GuardMemory): boolean =>
  ACTS[policy.mode] && rankOf(memory.level) >= WARN_RANK

/** Without a usable reading: the level is kept and nothing is done but what the user says. */
function blind(input: DecideInput, memory: GuardMemory, nowMs: number): Decision {
  const step = nextStep(input, memory, memory.points, null, nowMs)
  const next: GuardMemory = {
    ...memory,
    nowMs,
    drift: null,
    episode: step.episode,
    left: step.left,
    thawed: step.thawed,
    shrunk: step.shrunk
  }
  return {
    level: memory.level,
    reasons: [UNREADABLE],
    secondsToEmpty: null,
    secondsToAct: null,
    action: step.action,
    would: null,
    ask: askOf(input, next, false, null),
    holdLaunches: holds(input.policy, next),
    memory: next
  }
}

type FullStep = Step & Pick<GuardMemory, 'shrunk'>

function nextStep(
  input: DecideInput,
  memory: GuardMemory,
  points: GuardMemory['points'],
  outlook: Outlook | null,
  nowMs: number
): FullStep {
  const { policy, victims, answer } = input
  const none: FullStep = {
    episode: null,
    action: null,
    left: memory.left !== null && nowMs < memory.left.untilMs ? memory.left : null,
    thawed: memory.thawed,
    shrunk: shrunkStill(memory, outlook, policy, nowMs),
    ended: false
  }
  if (!ACTS[policy.mode]) return { ...none, ...standDown(input, memory) }
  if (memory.episode !== null) {
    const step = stepEpisode({
      nowMs,
      policy,
      victims,
      answer,
      episode: memory.episode,
      outlook,
      points,
      memory
    })
    return { ...step, shrunk: none.shrunk }
  }
  const asked = victims.find(({ id, state }) => id === answer?.victimId && state !== 'gone')
  if (answer !== null && asked !== undefined)
    return { ...none, ...onAnswer(asked, answer.choice, points, nowMs) }
  if (outlook === null) return none
  const victim = firstVictim(victims)
  if (victim === undefined || isLeft(none.left, victim, outlook)) return none
  if (isNeeded(outlook)) {
    const kind = firstActKind(policy, victim)
    const again = wasThawed(memory, victim, nowMs)
    return {
      ...none,
      ...beginEpisode(victim, kind, outlook.availableBytes, outlook.fallBytesPerS, nowMs, again)
    }
  }
  return mayShrink(policy, victim, outlook, none.shrunk)
    ? {
        ...none,
        action: { kind: 'shrink', victimId: victim.id },
        shrunk: { victimId: victim.id, atMs: nowMs }
      }
    : none
}

/** A mode that acts no more lets the one that was frozen go on. */
function standDown({ victims }: DecideInput, { episode }: GuardMemory): Pick<FullStep, 'action' | 'ended'> {
  const frozen =
    episode?.stage === 'frozen' &&
    victims.some(({ id, state }) => id === episode.victimId && state !== 'gone')
  return {
    action: frozen ? { kind: 'thaw', victimId: episode.victimId } : null,
    ended: episode !== null
  }
}

/** 'Continue' is for one of them, and only while a stop could still keep the floor. */
const isLeft = (left: GuardMemory['left'], victim: DecideVictim, outlook: Outlook): boolean =>
  left?.victimId === victim.id && !outlook.belowBound && !outlook.floorGoesNow

const isNeeded = (outlook: Outlook): boolean => outlook.floorGoing || outlook.drifting

/** The user's word with no event running. */
function onAnswer(
  victim: DecideVictim,
  choice: NonNullable<DecideInput['answer']>['choice'],
  points: GuardMemory['points'],
  nowMs: number
): Partial<FullStep> {
  if (choice === 'continue') {
    return {
      // Frozen with no event known here: by a sentinel before this one, or by hand.
      action: victim.state === 'frozen' ? { kind: 'thaw', victimId: victim.id } : null,
      left: { victimId: victim.id, untilMs: nowMs + CONTINUE_MS }
    }
  }
  const available = points.at(-1)?.availableBytes ?? 0
  const begun = beginEpisode(victim, choice === 'stop' ? 'terminate' : 'freeze', available, 0, nowMs)
  return choice === 'stop' || begun.episode === null
    ? begun
    : { ...begun, episode: { ...begun.episode, keepFrozen: true } }
}

function mayShrink(
  policy: GuardPolicy,
  victim: DecideVictim,
  outlook: Outlook,
  shrunk: GuardMemory['shrunk']
): boolean {
  if (!(victim.shrinkableBytes > 0) || victim.state !== 'running') return false
  if (policy.mode === 'relaxed' || outlook.expected || shrunk !== null) return false
  const aheadS = (outlook.horizonMs + SHRINK_LEAD_MS) / 1000
  return outlook.availableBytes - goneWithin(outlook.falls, aheadS) < outlook.boundBytes
}

function shrunkStill(
  memory: GuardMemory,
  outlook: Outlook | null,
  policy: GuardPolicy,
  nowMs: number
): GuardMemory['shrunk'] {
  const { shrunk } = memory
  if (shrunk === null || outlook === null) return shrunk
  return nowMs - shrunk.atMs >= EVENT_MS && outlook.availableBytes >= policy.reserveBytes ? null : shrunk
}

interface Observed {
  readonly would: GuardAction | null
  readonly wouldAtMs: number | null
}
const NOT_OBSERVED: Observed = { would: null, wouldAtMs: null }

/** Observe mode: the first act of each event, said once and not done. */
function observe(
  { policy, victims }: DecideInput,
  memory: GuardMemory,
  outlook: Outlook,
  nowMs: number
): Observed {
  const { wouldAtMs } = memory
  if (wouldAtMs !== null) {
    const passed = nowMs - wouldAtMs
    const over =
      !isNeeded(outlook) &&
      passed >= (outlook.availableBytes >= policy.reserveBytes ? LEAST_EVENT_MS : EVENT_MS)
    return { would: null, wouldAtMs: over ? null : wouldAtMs }
  }
  const victim = firstVictim(victims)
  if (victim === undefined || !isNeeded(outlook)) return NOT_OBSERVED
  return {
    would: { kind: firstActKind(policy, victim), victimId: victim.id },
    wouldAtMs: nowMs
  }
}

/** What the user is asked: while there is time, and while somebody is frozen. */
function askOf(
  { policy, victims }: DecideInput,
  memory: GuardMemory,
  held: boolean,
  outlook: Outlook | null
): DecisionAsk | null {
  const { episode, nowMs } = memory
  if (!ACTS[policy.mode]) return null
  if (episode !== null) {
    if (episode.stage !== 'frozen') return null
    const waits =
      policy.answerMs === null ||
      policy.mode === 'relaxed' ||
      episode.keepFrozen ||
      // Above the reserve nobody is ended for want of an answer, but let go on.
      (outlook !== null && mayGoOn(episode, policy, outlook))
    const actsInMs = waits ? null : Math.max(0, (policy.answerMs ?? 0) - ((nowMs ?? 0) - episode.sinceMs))
    return { victimId: episode.victimId, stage: 'frozen', actsInMs }
  }
  const victim = firstVictim(victims)
  // A level that is only held is no reason to ask.
  const warns =
    policy.mode !== 'strict' &&
    rankOf(memory.level) >= WARN_RANK &&
    !held &&
    victim !== undefined &&
    memory.left?.victimId !== victim.id &&
    victim.state !== 'frozen'
  // Frozen with no event known here, by a sentinel before this one: asked about, or nobody could let it go on.
  const frozen = victims.find(({ state }) => state === 'frozen')
  if (!warns) {
    return frozen === undefined ? null : { victimId: frozen.id, stage: 'frozen', actsInMs: null }
  }
  const secondsToAct = outlook?.secondsToAct ?? null
  return {
    victimId: victim.id,
    stage: 'warn',
    actsInMs: secondsToAct === null ? null : Math.round(secondsToAct * 1000)
  }
}

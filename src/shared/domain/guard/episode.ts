import type { GuardPolicy } from '../../model/guard.ts'
import type { DecideInput, DecideVictim, Episode, GuardAction, GuardMemory } from './decide.types.ts'
import type { MemoryPoint } from './decide.types.ts'
import { fallsOf, fastest, goneWithin, leastFallBytesPerS, steadyFall } from './fall.ts'
import type { Outlook } from './outlook.ts'
import { isStalling } from './stall.ts'

/** A stopped process takes no more memory after some milliseconds; the driver may still finish a call. */
const SETTLE_MS = 50
/** Fastest proof that an act did not stop the fall: three readings of the tick while memory falls. */
const WENT_ON_WINDOW_MS = 100
/** Waiting is measured anew after an act: shorter than for a drift, for the machine suffers meanwhile. */
const STALL_AFTER_MS = 500
/** A fall slowed to less than half is on its way to an end. */
const WENT_ON_SHARE = 0.5
/** After 'continue' the user has the word, unless memory is below the floor. */
export const CONTINUE_MS = 15_000
/** Where the caller gives no usable one. */
const DEFAULT_GRACE_MS = 10_000
/** Whoever runs again by then is killed again: new children of a tree that restarts itself. */
const KILL_AGAIN_MS = 2_000
/** Whoever is not gone by then hangs in the kernel: another one may be next, if memory still falls. */
const STUCK_MS = 30_000
/** A second victim needs a fall that began after the first was gone, this long. */
const NEXT_VICTIM_MS = 500
/** An event is not over sooner: the fall in the older readings must not begin the next one. */
const LEAST_PAUSE_MS = 1_000
/** Deadline of 'memory is back'; containers return it slowly, up to five minutes. */
const PAUSE_MS = 30_000
const MOST_PAUSE_MS = 300_000
const PAUSE_GRACES = 3
/** 'Memory is back': file pages and other programs make up the rest. */
const BACK_SHARE = 0.9
/** Room above the reserve and above the level at the freeze, for this long, before a frozen one runs again. */
const THAW_AFTER_MS = 3_000

/** One that was let go on for want of an answer, and threatens the floor again so soon, is ended at the next silence. */
const AGAIN_MS = 60_000

/** The shortest window sees a fall this much later than the reaction allows for. */
const SEEN_AGAIN_MS = 100

/** What one step of the ladder yields. */
export interface Step extends Pick<GuardMemory, 'left' | 'thawed'> {
  readonly episode: Episode | null
  readonly action: GuardAction | null
  /** The event ended with this call: older readings belong to it. */
  readonly ended: boolean
}

export interface StepInput extends Pick<DecideInput, 'nowMs' | 'policy' | 'victims' | 'answer'> {
  readonly episode: Episode
  /** null: memory cannot be read; nothing is concluded, the user's word alone counts. */
  readonly outlook: Outlook | null
  readonly points: readonly MemoryPoint[]
  readonly memory: GuardMemory
}

const usableGrace = (graceMs: number): number =>
  Number.isFinite(graceMs) && graceMs >= 0 ? graceMs : DEFAULT_GRACE_MS

/** The first that could be stopped. */
export const firstVictim = (victims: readonly DecideVictim[], except?: string): DecideVictim | undefined =>
  victims.find((victim) => victim.state !== 'gone' && victim.id !== except)

/** Whether the guard let it go on by itself, less than a minute ago. */
export const wasThawed = ({ thawed }: GuardMemory, { id }: DecideVictim, nowMs: number): boolean =>
  thawed?.victimId === id && nowMs - thawed.atMs <= AGAIN_MS

/** The first act of an event on one victim. */
export function beginEpisode(
  victim: DecideVictim,
  kind: 'freeze' | 'terminate',
  availableBytes: number,
  fallBytesPerS: number,
  nowMs: number,
  again = false
): Pick<Step, 'episode' | 'action'> {
  return {
    episode: {
      victimId: victim.id,
      label: victim.label,
      bytes: victim.bytes,
      graceMs: usableGrace(victim.graceMs),
      stage: kind === 'freeze' ? 'frozen' : 'ending',
      sinceMs: nowMs,
      availableAtStart: availableBytes,
      lowestBytes: availableBytes,
      fallBytesPerS,
      keepFrozen: false,
      again,
      wentOn: false,
      recoveredSinceMs: null
    },
    // What somebody did already is not done again: its end, or the answer, is waited for.
    action:
      victim.state === (kind === 'terminate' ? 'ending' : 'frozen') ? null : { kind, victimId: victim.id }
  }
}

/**
 * How an event begins: with a freeze, which stops a fall at once and can be undone; strict ends at once.
 *
 * One that is frozen already does not make memory fall: it is ended for what it holds, unless the user has the word.
 */
export const firstActKind = (policy: GuardPolicy, victim: DecideVictim): 'freeze' | 'terminate' =>
  policy.mode === 'strict' ||
  victim.state === 'ending' ||
  (victim.state === 'frozen' && policy.mode !== 'relaxed')
    ? 'terminate'
    : 'freeze'

/** Falls measured after `sinceMs` alone, fast enough to pass the bound in time. */
function threatens(input: StepInput, outlook: Outlook, sinceMs: number, leastWindowMs: number): number {
  const least = leastFallBytesPerS(outlook.memTotalBytes)
  const falls = fallsOf(input.points, least, sinceMs, leastWindowMs)
  const predicted = outlook.availableBytes - goneWithin(falls, outlook.horizonMs / 1000)
  const rate = fastest(falls)
  return rate > 0 && predicted < outlook.boundBytes ? rate : 0
}

/** Whether the fall goes on although the victim was frozen or told to end. */
function wentOn(input: StepInput, outlook: Outlook): boolean {
  const { episode, points } = input
  const sinceMs = episode.sinceMs + SETTLE_MS
  const enough = Math.max(
    leastFallBytesPerS(outlook.memTotalBytes) / 2,
    episode.fallBytesPerS * WENT_ON_SHARE
  )
  if (threatens(input, outlook, sinceMs, 0) >= enough) return true
  const shortest = steadyFall(points, WENT_ON_WINDOW_MS, sinceMs)
  const least = leastFallBytesPerS(outlook.memTotalBytes) * (1000 / WENT_ON_WINDOW_MS)
  return (
    shortest >= Math.max(enough, least) &&
    outlook.availableBytes - shortest * (outlook.horizonMs / 1000) < outlook.boundBytes
  )
}

/** Below a level in two readings: one bad sample ends nobody. */
const surelyBelow = (input: StepInput, outlook: Outlook, bytes: number): boolean =>
  outlook.availableBytes < bytes && (input.points.at(-2)?.availableBytes ?? Infinity) < bytes

/** Half the floor is left: no time for anything polite. */
const nearlyEmpty = (input: StepInput, outlook: Outlook): boolean =>
  surelyBelow(input, outlook, Math.min(outlook.floorBytes / 2, outlook.boundBytes))

/** Below the floor, and programs wait for memory although the victim was acted on. */
const stillStalling = (input: StepInput, outlook: Outlook): boolean =>
  surelyBelow(input, outlook, outlook.floorBytes) &&
  isStalling(input.points, { sinceMs: input.episode.sinceMs + SETTLE_MS, leastSpanMs: STALL_AFTER_MS })

/**
 * Whether one that nobody answers about may go on once: above the reserve, with room to stop a fall twice as fast.
 *
 * Less room was measured (`bench collapse`): a collapse that resumed took the floor with it in 58 of 930 made falls.
 */
export function mayGoOn(episode: Episode, policy: GuardPolicy, outlook: Outlook): boolean {
  const gone = (2 * episode.fallBytesPerS * (outlook.horizonMs + SEEN_AGAIN_MS)) / 1000
  return (
    !episode.again &&
    outlook.availableBytes >= policy.reserveBytes &&
    outlook.availableBytes - gone >= outlook.floorBytes
  )
}

/** The next step of a running event. */
export function stepEpisode(input: StepInput): Step {
  const { outlook, victims } = input
  const lowest = Math.min(input.episode.lowestBytes, outlook?.availableBytes ?? Infinity)
  const episode = { ...input.episode, lowestBytes: lowest }
  const victim = victims.find(({ id }) => id === episode.victimId)
  const present = victim !== undefined && victim.state !== 'gone'
  // Armed no more, though not gone: whoever froze it lets it go on, and nothing is to be waited for.
  if (victim === undefined && episode.stage === 'frozen') return over(input, null)
  if (!present && episode.stage !== 'pause') {
    return stay(input, { ...episode, stage: 'pause', sinceMs: input.nowMs, wentOn: false })
  }
  switch (episode.stage) {
    case 'frozen':
      return stepFrozen(input, episode)
    case 'ending':
      return stepEnding(input, episode)
    case 'killed':
      return stepKilled(input, episode)
    case 'pause':
      return stepPause(input, episode)
  }
}

const stay = (input: StepInput, episode: Episode): Step => ({
  episode,
  action: null,
  left: input.memory.left,
  thawed: input.memory.thawed,
  ended: false
})

const act = (
  input: StepInput,
  episode: Episode,
  kind: 'terminate' | 'kill',
  more: Partial<Episode> = {}
): Step => ({
  ...stay(input, {
    ...episode,
    ...more,
    stage: kind === 'kill' ? 'killed' : 'ending',
    sinceMs: input.nowMs
  }),
  action: { kind, victimId: episode.victimId }
})

const over = (
  input: StepInput,
  thaw: string | null,
  more: Partial<Pick<Step, 'left' | 'thawed'>> = {}
): Step => ({
  episode: null,
  action: thaw === null ? null : { kind: 'thaw', victimId: thaw },
  left: input.memory.left,
  thawed: input.memory.thawed,
  ...more,
  ended: true
})

function stepFrozen(input: StepInput, episode: Episode): Step {
  const { nowMs, policy, outlook } = input
  const answer = input.answer?.victimId === episode.victimId ? input.answer.choice : null
  if (answer === 'stop') return act(input, episode, 'terminate')
  if (answer === 'continue') {
    const left = { victimId: episode.victimId, untilMs: nowMs + CONTINUE_MS }
    return over(input, episode.victimId, { left })
  }
  const waiting = answer === 'keep-frozen' ? { ...episode, keepFrozen: true } : episode
  if (outlook === null) return stay(input, waiting)

  const relaxed = policy.mode === 'relaxed'
  if (wentOn(input, outlook)) return act(input, waiting, 'kill', { wentOn: true })
  if (nearlyEmpty(input, outlook) && (!relaxed || outlook.stalling)) return act(input, waiting, 'kill')
  if (!relaxed && stillStalling(input, outlook)) return act(input, waiting, 'terminate')

  const { availableBytes } = outlook
  const room = Math.max(policy.reserveBytes, waiting.availableAtStart) + policy.reserveBytes
  const recoveredSinceMs =
    availableBytes >= Math.min(room, outlook.memTotalBytes) && !waiting.keepFrozen
      ? (waiting.recoveredSinceMs ?? nowMs)
      : null
  if (recoveredSinceMs !== null && nowMs - recoveredSinceMs >= THAW_AFTER_MS) {
    return over(input, waiting.victimId)
  }
  const unanswered =
    policy.answerMs !== null && !relaxed && !waiting.keepFrozen && nowMs - waiting.sinceMs >= policy.answerMs
  if (unanswered && !mayGoOn(waiting, policy, outlook)) {
    return act(input, waiting, 'terminate')
  }
  // The fall may have been a healthy one that was about to end: it gets one more chance.
  if (unanswered) {
    return over(input, waiting.victimId, { thawed: { victimId: waiting.victimId, atMs: nowMs } })
  }
  return stay(input, { ...waiting, recoveredSinceMs })
}

function stepEnding(input: StepInput, episode: Episode): Step {
  const { nowMs, outlook } = input
  if (outlook === null) return stay(input, episode)
  if (nowMs - episode.sinceMs >= episode.graceMs) return act(input, episode, 'kill')
  if (wentOn(input, outlook)) return act(input, episode, 'kill', { wentOn: true })
  const settled = nowMs - episode.sinceMs >= SETTLE_MS + WENT_ON_WINDOW_MS
  const falling = outlook.falling && surelyBelow(input, outlook, outlook.boundBytes)
  const urgent = settled && (falling || nearlyEmpty(input, outlook))
  return urgent || stillStalling(input, outlook) ? act(input, episode, 'kill') : stay(input, episode)
}

function stepKilled(input: StepInput, episode: Episode): Step {
  const { nowMs, outlook, victims } = input
  if (outlook === null) return stay(input, episode)
  const passed = nowMs - episode.sinceMs
  if (passed >= STUCK_MS) return nextVictim(input, episode, outlook) ?? stay(input, episode)
  const runs = victims.some(({ id, state }) => id === episode.victimId && state === 'running')
  return runs && passed >= KILL_AGAIN_MS ? act(input, episode, 'kill') : stay(input, episode)
}

function stepPause(input: StepInput, episode: Episode): Step {
  const { nowMs, outlook, policy } = input
  if (outlook === null) return stay(input, episode)
  const passed = nowMs - episode.sinceMs
  const next = nextVictim(input, episode, outlook)
  if (next !== null) return next
  const back =
    outlook.availableBytes >= policy.reserveBytes ||
    outlook.availableBytes - episode.lowestBytes >= episode.bytes * BACK_SHARE
  const deadline = Math.min(MOST_PAUSE_MS, Math.max(PAUSE_MS, episode.graceMs * PAUSE_GRACES))
  return passed >= deadline || (back && passed >= LEAST_PAUSE_MS) ? over(input, null) : stay(input, episode)
}

/** Another one in the same event, only where a new fall proves that the first was not the one who takes memory. */
function nextVictim(input: StepInput, episode: Episode, outlook: Outlook): Step | null {
  if (threatens(input, outlook, episode.sinceMs, NEXT_VICTIM_MS) === 0) return null
  const victim = firstVictim(input.victims, episode.victimId)
  if (victim === undefined) return null
  const kind = firstActKind(input.policy, victim)
  return {
    ...stay(input, episode),
    ...beginEpisode(victim, kind, outlook.availableBytes, outlook.fallBytesPerS, input.nowMs)
  }
}

import type { GuardPolicy } from '../../model/guard.ts'
import type { GuardLevel } from '../../model/status.ts'
import { WARN_SECONDS_TO_EMPTY, WATCH_SECONDS_TO_EMPTY } from './signs.ts'
import type { Episode } from './decide.types.ts'
import type { Outlook } from './outlook.ts'

export const UNREADABLE = 'Memory cannot be read: the guard does nothing new until it can.'
const EASED = 'It has eased; the level is kept for some seconds.'
const NOBODY = 'Nobody may be stopped: all that run are pinned, protected or not allowed.'

const STAGE_WORDS: Readonly<Record<Episode['stage'], string>> = {
  frozen: 'is paused: it takes no more memory, and keeps what it has.',
  ending: 'is being stopped.',
  killed: 'has been stopped by force; its end is waited for.',
  pause: 'has been stopped; its memory is waited for.'
}

/** Why the level is what it is, in sentences for people, the most important first. */
export function reasonsOf(given: {
  readonly outlook: Outlook
  readonly policy: GuardPolicy
  readonly episode: Episode | null
  readonly level: GuardLevel
  readonly held: boolean
  readonly hasVictim: boolean
}): readonly string[] {
  const { outlook, policy, episode } = given
  const { availableBytes, secondsToEmpty: seconds, stalling, falling, belowBound, expected } = outlook
  const inReserve = availableBytes < policy.reserveBytes
  const needed = outlook.floorGoing || outlook.drifting
  const reasons: string[] = []
  if (episode !== null) {
    if (episode.wentOn) reasons.push('Memory went on falling after the first act.')
    reasons.push(`${episode.label} ${STAGE_WORDS[episode.stage]}`)
  }
  if (needed && episode === null && !given.hasVictim) reasons.push(NOBODY)
  const soon = seconds !== null && seconds <= WARN_SECONDS_TO_EMPTY
  if (soon && !expected) {
    reasons.push(`Memory will be gone in about ${Math.max(1, Math.round(seconds))} s.`)
  }
  if (belowBound && (falling || stalling)) {
    reasons.push('Memory is below the floor and still under strain.')
  } else if (outlook.floorGoing) {
    reasons.push('Falling memory is about to pass the floor.')
  }
  if (stalling) reasons.push('Programs are waiting for memory.')
  if (soon && expected) reasons.push('Memory falls to where the running models are known to rest.')
  if (!soon && seconds !== null && seconds <= WATCH_SECONDS_TO_EMPTY) reasons.push('Memory is falling.')
  if (inReserve && outlook.crumbBytes !== null) {
    const kib = Math.round(outlook.crumbBytes / 1024)
    reasons.push(`The largest free block is ${kib} KiB: who needs more at once must wait.`)
  }
  if (inReserve) {
    reasons.push('Part of the desktop’s reserve is in use.')
    if (!falling && !stalling) reasons.push('It rests there and nobody waits for memory: that is healthy.')
  }
  if (given.held) reasons.push(EASED)
  return reasons
}

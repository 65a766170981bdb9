import type { GuardLevel, GuardMode } from '../../shared/model/status.ts'
import type { GuardAsk, Ranking } from '../../shared/model/guard.ts'
import { isKnown } from '../../shared/model/reading.ts'
import { bytesInWords } from '../../shared/util/bytes-in-words.ts'
import type { Grown } from './growth.ts'

/** Growth that is worth a sentence: less is in the noise of any program at work. */
const TOLD_GROWTH_BYTES = 128 * 1024 ** 2

/** 'gpt-oss-120b grew 9 GiB in 4 s.'; null where nobody grew enough to be named. */
export function growthSentence(label: string, grown: Grown | null): string | null {
  if (grown === null || grown.bytes < TOLD_GROWTH_BYTES) return null
  return `${label} grew ${bytesInWords(grown.bytes)} in ${Math.max(1, Math.round(grown.seconds))} s.`
}

/** What stays true of one that is frozen. */
export const pausedSentence = (label: string, bytes: number): string =>
  `Paused ${label}. It keeps its ${bytesInWords(bytes)} but takes no more.`

/** The question of a warning; the countdown is shown beside it. */
export function askText(
  stage: GuardAsk['stage'],
  label: string,
  victimBytes: number,
  reasons: readonly string[]
): string {
  const [first, second] = reasons
  if (stage === 'frozen') return pausedSentence(label, victimBytes)
  if (first === undefined) return `Memory is running out. ${label} would be stopped first.`
  return second === undefined ? first : `${first} ${second}`
}

/** Why a start waits, and what ends the wait. */
export function launchHoldText(reasons: readonly string[]): string {
  const why = reasons[0] ?? 'Memory is running out.'
  return `Nothing new is started now: ${why} Stop a model, or wait until there is room again.`
}

/** 'If memory ran out now: stop qwen3-32b, 61 GiB back, reload about 90 s.' */
export function wouldDoText(
  mode: GuardMode,
  { victims, refused }: Ranking,
  unreachable: readonly string[]
): string {
  const [first] = victims
  if (mode === 'off') return 'The guard is off: if memory ran out now, it would do nothing.'
  if (first === undefined) {
    const [kept] = refused
    if (kept === undefined) return 'If memory ran out now: nothing runs that the guard could stop.'
    const why = {
      pinned: 'is pinned',
      protected: 'is on the protected list',
      'not-allowed': 'was not started by Firebreak, and stopping such programs is not allowed'
    }[kept.because]
    return `If memory ran out now: nothing may be stopped. ${kept.label} ${why}.`
  }
  const reload = isKnown(first.reloadS) ? `, reload about ${Math.max(1, Math.round(first.reloadS))} s` : ''
  const what = `stop ${first.label}, ${bytesInWords(first.bytes)} back${reload}`
  const say = mode === 'observe' ? `say that it would ${what}, and do nothing` : what
  const rights = unreachable.includes(first.id)
    ? ' It belongs to another user: this guard has no right to stop it.'
    : ''
  return `If memory ran out now: ${say}.${rights}`
}

/** Sentences of a level: who grows comes first, from the level on at which it matters. */
export function reasonsWithGrower(
  level: GuardLevel,
  grower: string | null,
  reasons: readonly string[]
): readonly string[] {
  return level === 'calm' || level === 'watch' || grower === null ? reasons : [grower, ...reasons]
}

import type { GuardEvent } from '../../shared/model/guard.ts'
import { isKnown } from '../../shared/model/reading.ts'
import { causesOf, undoneAct } from '../../shared/model/would-have.ts'
import { bytesInWords } from '../../shared/util/bytes-in-words.ts'
import { pausedSentence } from './words.ts'

/** What a user should know of one act. */
export interface ActNotice {
  readonly severity: 'info' | 'warning'
  readonly text: string
  readonly whatToDo: string | null
  /** Whom the act was about; null: the guard itself. */
  readonly victimId: string | null
  /** What it tells of, where a newer one takes the place of the older. */
  readonly key?: string
}

/** What the core adds to an event. */
export interface ActStory {
  /** What the victim holds now; null where that is not known better. */
  readonly bytesNow: number | null
  /** 'gpt-oss-120b grew 9 GiB in 4 s.' */
  readonly growth: string | null
}

/** Turns the sentinel's events into few sentences: one when it paused somebody, one when the end is proven. */
export interface ActNotices {
  /** Null for events that are told by another one or by the level itself. */
  of(event: GuardEvent, story: ActStory): ActNotice | null
}

/** Acts remembered at once; more victims than that are not stopped in one event. */
const MOST_OPEN = 16

/** The cause, not what was done about it: sentences about the victim itself say the latter. */
function whyOf(event: GuardEvent, label: string, growth: string | null): string {
  const cause = causesOf(event.reasons).find((reason) => !reason.startsWith(`${label} `))
  const sentences = [growth, cause].filter((sentence) => sentence !== null && sentence !== undefined)
  return sentences.length === 0 ? '' : ` Why: ${sentences.join(' ')}`
}

/** That somebody was asked to give memory back; what came of it takes the place of that it was asked. */
export const shrinkNotice = (victimId: string, label: string, rest: string): ActNotice => ({
  severity: 'info',
  text: `Asked ${label} to give memory back.${rest === '' ? '' : ` ${rest}`}`,
  whatToDo: null,
  victimId,
  key: `shrink:${victimId}`
})

export function createActNotices(): ActNotices {
  /** Why each was first acted on, and when it was told to end. */
  const open = new Map<string, { readonly why: string; readonly endedMs: number | null }>()
  const remember = (victimId: string, why: string, endedMs: number | null): void => {
    const known = open.get(victimId)
    open.set(victimId, { why: known?.why ?? why, endedMs: known?.endedMs ?? endedMs })
    for (const oldest of open.keys()) if (open.size > MOST_OPEN) open.delete(oldest)
  }
  return {
    of(event, story) {
      const { victimId } = event
      if (victimId === null || event.watchId !== 'main') return null
      const label = event.label ?? victimId
      const why = whyOf(event, label, story.growth)
      const bytes = isKnown(event.bytes) ? bytesInWords(event.bytes) : null
      switch (event.kind) {
        case 'freeze': {
          remember(victimId, why, null)
          const held = story.bytesNow ?? event.bytes
          return {
            severity: 'warning',
            text: `${isKnown(held) ? pausedSentence(label, held) : `Paused ${label}.`}${why}`,
            whatToDo: 'Stop it, or let it go on once there is room.',
            victimId
          }
        }
        case 'thaw':
          open.delete(victimId)
          return { severity: 'info', text: `${label} goes on.`, whatToDo: null, victimId }
        case 'terminate':
        case 'kill': {
          remember(victimId, why, event.monotonicMs)
          return null
        }
        case 'memory-back':
        case 'memory-missing': {
          const known = open.get(victimId)
          open.delete(victimId)
          const endedMs = known?.endedMs ?? null
          const seconds = endedMs === null ? null : (event.monotonicMs - endedMs) / 1_000
          const time = seconds === null || seconds < 0 ? '' : ` in ${seconds.toFixed(1)} s`
          const isBack = event.kind === 'memory-back'
          const back =
            bytes === null ? '' : isBack ? ` ${bytes} came back${time}.` : ` Only ${bytes} came back${time}.`
          return {
            severity: 'warning',
            text: `Stopped ${label}.${back}${known?.why ?? ''}`,
            whatToDo: isBack
              ? null
              : 'Its memory is still held: another program took it, or the driver keeps it.',
            victimId
          }
        }
        case 'failed':
          return {
            severity: 'warning',
            text: `${label} could not be stopped.${why}`,
            whatToDo: 'Stop it by hand.',
            victimId
          }
        case 'would':
          return {
            severity: 'info',
            text: `Would have ${undoneAct(event, label)}. The guard only observes.${why}`,
            whatToDo: 'Choose another mode on the Guard page if it is to act.',
            victimId,
            key: `would:${victimId}`
          }
        case 'shrink':
          return shrinkNotice(victimId, label, why.trimStart())
        case 'warn':
        case 'gone':
          return null
      }
    }
  }
}

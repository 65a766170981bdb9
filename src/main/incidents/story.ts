import type { GuardEvent } from '../../shared/model/guard.ts'
import { isKnown } from '../../shared/model/reading.ts'
import { causesOf, undoneAct } from '../../shared/model/would-have.ts'
import { bytesInWords, bytesOfBytes } from '../../shared/util/bytes-in-words.ts'

export interface Story {
  readonly title: string
  readonly text: string
}

const isStop = ({ kind }: GuardEvent): boolean => kind === 'terminate' || kind === 'kill'
const isAct = (event: GuardEvent): boolean =>
  isStop(event) || event.kind === 'freeze' || event.kind === 'shrink'

/** What was done to one victim, why, and what came back, in plain words. `events`: in order, without warnings. */
export function storyOf(events: readonly GuardEvent[]): Story {
  const who = events.find(({ label }) => label !== null)?.label ?? 'a program'
  const title = titleOf(events, who)
  const first = events.find(isAct)
  const sentences = [`${title}.`, proofOf(events), whyOf(first?.reasons ?? [], who), adviceOf(events)]
  return { title, text: sentences.filter((one) => one !== '').join(' ') }
}

/** What the guard would have done, in observe mode. */
export function wouldStory(event: GuardEvent): Story {
  const who = event.label ?? 'a program'
  const act = undoneAct(event, who)
  const holds = isKnown(event.bytes) ? `, which holds ${bytesInWords(event.bytes)}` : ''
  return {
    title: `Would have ${act}`,
    text: [
      `The guard only observes: it would have ${act}${holds}.`,
      whyOf(causesOf(event.reasons), who),
      "To let it act, choose 'balanced' on the Guard page."
    ]
      .filter((one) => one !== '')
      .join(' ')
  }
}

function titleOf(events: readonly GuardEvent[], who: string): string {
  if (events.some(isStop)) return `Stopped ${who}`
  if (events.some(({ kind }) => kind === 'freeze')) {
    return events.some(({ kind }) => kind === 'thaw') ? `Paused ${who} and let it go on` : `Paused ${who}`
  }
  if (events.some(({ kind }) => kind === 'shrink')) return `Asked ${who} to give back memory`
  return `Could not stop ${who}`
}

/** What came back in how long; where that is not known, so. */
function proofOf(events: readonly GuardEvent[]): string {
  const stop = events.find(isStop)
  const failed = events.find(({ kind }) => kind === 'failed')
  const back = events.find(({ kind }) => kind === 'memory-back')
  const missing = events.find(({ kind }) => kind === 'memory-missing')
  if (back !== undefined) {
    const what = isKnown(back.bytes) ? bytesInWords(back.bytes) : 'Its memory'
    return stop === undefined ? `${what} came back.` : `${what} came back${secondsBetween(stop, back)}.`
  }
  if (missing !== undefined) {
    const expected = stop?.bytes ?? 'unknown'
    if (!isKnown(missing.bytes) || !isKnown(expected)) return 'Not all of its memory came back.'
    return `Only ${bytesOfBytes(missing.bytes, expected)} came back${stop === undefined ? '' : secondsBetween(stop, missing)}.`
  }
  if (failed !== undefined) return failed.reasons.map(sentence).join(' ')
  if (stop !== undefined) {
    return events.some(({ kind }) => kind === 'gone')
      ? 'Its processes are gone; its memory was not yet seen to be back.'
      : 'Whether it ended was not seen.'
  }
  return events.at(-1)?.kind === 'freeze'
    ? 'It takes no more memory and gives none back while it is paused.'
    : ''
}

function adviceOf(events: readonly GuardEvent[]): string {
  if (events.some(({ kind }) => kind === 'memory-missing')) {
    return 'The Overview shows who holds it.'
  }
  if (events.some(({ kind }) => kind === 'failed') && !events.some(isStop)) {
    return 'Stop it yourself, or close something else.'
  }
  return events.some(isStop)
    ? 'If it happens again: a smaller model, or less context, leaves the desktop its reserve.'
    : ''
}

/** Without what was done to it, which is said already. */
function whyOf(reasons: readonly string[], who: string): string {
  const causes = reasons.filter((reason) => !reason.startsWith(`${who} `))
  return causes.length === 0 ? '' : `Why: ${causes.map(sentence).join(' ')}`
}

/** By the monotonic clock; nothing where it went back, as between two boots. */
function secondsBetween(from: GuardEvent, to: GuardEvent): string {
  const ms = to.monotonicMs - from.monotonicMs
  return ms >= 0 ? ` in ${(ms / 1000).toFixed(1)} s` : ''
}

/** Reasons come with or without a full stop. */
const sentence = (text: string): string => (/[.!?]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`)

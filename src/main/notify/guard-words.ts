import type { GuardAsk, GuardEvent, GuardAnswer } from '../../shared/model/guard.ts'
import { causesOf, undoneAct } from '../../shared/model/would-have.ts'
import { bytesInWords } from '../../shared/util/bytes-in-words.ts'
import type { NotificationAction, Urgency } from './types.ts'

/** A countdown is exact in its last seconds; before, a number that changes each second only disturbs. */
export const LAST_SECONDS_MS = 10_000
/** Before its last seconds a countdown moves in steps of this. */
export const COARSE_STEP_MS = 5_000

const MS_PER_S = 1_000
/** The fire drill's watch: nothing is at stake in it. */
export const DRILL = 'drill'

export interface AskWords {
  readonly title: string
  readonly body: string
  readonly urgency: Urgency
  readonly actions: readonly (NotificationAction & { readonly key: GuardAnswer | 'default' })[]
}

/** What the user is asked, with the countdown as it stands now. */
export function askInWords(ask: GuardAsk, nowMs: number): AskWords {
  const leftMs = ask.actsAtMs === null ? null : Math.max(0, ask.actsAtMs - nowMs)
  const frozen = ask.stage === 'frozen'
  return {
    title: frozen ? `${ask.label} is paused: memory ran short` : `Memory is running out: ${ask.label}`,
    body: [ask.text, countdown(ask, leftMs)].filter((line) => line !== '').join('\n'),
    urgency: frozen || (leftMs !== null && leftMs <= LAST_SECONDS_MS) ? 'critical' : 'normal',
    actions: [
      { key: 'default', label: 'Open Firebreak' },
      { key: 'stop', label: `Stop ${ask.label}` },
      { key: 'continue', label: 'Let it go on' },
      ...(frozen ? [{ key: 'keep-frozen', label: 'Keep paused' } as const] : [])
    ]
  }
}

function countdown(ask: GuardAsk, leftMs: number | null): string {
  const frozen = ask.stage === 'frozen'
  if (leftMs === null)
    return frozen ? 'It stays paused until you choose, unless memory falls below the floor.' : ''
  const act = frozen ? 'it is stopped' : 'Firebreak acts'
  const orAtOnce = frozen ? ', or at once if memory falls below the floor' : ''
  if (leftMs < MS_PER_S) return `Without an answer ${act} now.`
  if (leftMs <= LAST_SECONDS_MS) {
    return `Without an answer ${act} in ${Math.ceil(leftMs / MS_PER_S)} s${orAtOnce}.`
  }
  const stepS = COARSE_STEP_MS / MS_PER_S
  const aboutS = Math.ceil(leftMs / COARSE_STEP_MS) * stepS
  return `Without an answer ${act} in about ${aboutS} s${orAtOnce}.`
}

export interface NewsWords {
  readonly title: string
  readonly body: string
}

const named = (event: GuardEvent): string => event.label ?? event.victimId ?? 'a program'

/** While it is being stopped. */
export const stoppingInWords = (event: GuardEvent): NewsWords => ({
  title: `Stopping ${named(event)}`,
  body: event.reasons[0] ?? ''
})

/** 'Stopped X' '34.1 GiB came back in 2.3 s.' `sinceMs`: when stopping began, monotonic; null: not seen. */
export function memoryBackInWords(event: GuardEvent, sinceMs: number | null): NewsWords {
  const bytes = typeof event.bytes === 'number' ? bytesInWords(event.bytes) : 'Its memory'
  const took = sinceMs === null ? null : Math.max(0, event.monotonicMs - sinceMs) / MS_PER_S
  return {
    title: `Stopped ${named(event)}`,
    body: `${bytes} came back${took === null ? '' : ` in ${took.toFixed(1)} s`}.`
  }
}

export const memoryMissingInWords = (event: GuardEvent): NewsWords => ({
  title: `Stopped ${named(event)}, but its memory has not come back`,
  body: event.reasons[0] ?? `${bytesInWords(event.availableBytes)} are available now.`
})

export const failedInWords = (event: GuardEvent): NewsWords => ({
  title: `${named(event)} could not be stopped`,
  body: event.reasons[0] ?? 'Stop it yourself, or close another program.'
})

/** Nobody may be stopped while memory runs out: only the user can help. */
export const helplessInWords = (reasons: readonly string[]): NewsWords => ({
  title: 'Memory is running out, and Firebreak may stop nothing',
  body: [...reasons.slice(0, 1), 'Close a program yourself, or allow one to be stopped.'].join('\n')
})

/** Observe mode: nothing was done. */
export const wouldInWords = (event: GuardEvent): NewsWords => ({
  title: `Would have ${undoneAct(event, named(event))}`,
  body: [causesOf(event.reasons)[0] ?? '', 'Observe mode: nothing was done.']
    .filter((line) => line !== '')
    .join('\n')
})

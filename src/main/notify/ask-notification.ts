import type { GuardAnswer, GuardAsk } from '../../shared/model/guard.ts'
import { disposable, type Disposable } from '../../shared/util/disposable.ts'
import type { Clock } from '../platform/ports.ts'
import { askInWords, COARSE_STEP_MS, LAST_SECONDS_MS } from './guard-words.ts'
import type { ClosedReason, Notifier } from './types.ts'

/** In the last seconds the countdown moves each second: servers limit how often they may be asked. */
const FINE_STEP_MS = 1_000

export interface AskPorts {
  readonly notifier: Notifier
  readonly clock: Clock
  readonly answer: (ask: GuardAsk, choice: GuardAnswer) => void
  readonly openPanel: (() => void) | null
}

export interface AskNotification extends Disposable {
  /** The guard's question as it is now; null: none. */
  update(ask: GuardAsk | null): void
}

interface Shown {
  readonly id: string
  readonly key: string
  readonly text: string
  /** Monotonic, for the pace. */
  readonly atMs: number
  /** Wall clock, for the countdown it shows. */
  readonly wallMs: number
}

/**
 * The one question of the guard as a notification.
 *
 * Its text follows the guard at the pace of the countdown, not of the ticks; a new victim or stage shows at once. Each
 * victim has a notification of its own: a click on 'Stop A' that was on its way when B took A's place stops nobody else.
 * Whoever closes it has seen it: it comes back with the next stage only.
 */
export function createAskNotification({ notifier, clock, answer, openPanel }: AskPorts): AskNotification {
  let ask: GuardAsk | null = null
  /** What is shown, or was until the user closed it. */
  let shown: Shown | null = null
  let quietKey: string | null = null
  let timer: NodeJS.Timeout | null = null

  const stopTimer = (): void => {
    if (timer !== null) clearTimeout(timer)
    timer = null
  }
  const withdraw = (): void => {
    if (shown !== null) notifier.close(shown.id)
    shown = null
  }
  const closed = (key: string, reason: ClosedReason): void => {
    if (reason === 'dismissed') quietKey = key
    if (shown?.key === key) shown = { ...shown, text: '' }
  }

  const chosen = (of: GuardAsk, key: string): void => {
    quietKey = keyOf(of)
    if (key === 'stop' || key === 'continue' || key === 'keep-frozen') answer(of, key)
    else openPanel?.()
  }

  const refresh = (): void => {
    stopTimer()
    if (ask === null) return
    const of = ask
    const key = keyOf(of)
    const id = idOf(of)
    if (shown !== null && shown.id !== id) withdraw()
    if (key === quietKey) return
    const now = clock.monotonicMs()
    const leftMs = leftThen(of, clock.nowMs())
    const dueMs = shown?.key === key ? shown.atMs + stepOf(leftThen(of, shown.wallMs)) - now : 0
    if (dueMs > 0) return later(dueMs)
    const words = askInWords(of, clock.nowMs())
    const text = JSON.stringify([words.title, words.body, words.urgency])
    if (shown?.key !== key || shown.text !== text) {
      shown = { id, key, text, atMs: now, wallMs: clock.nowMs() }
      notifier.show({
        ...words,
        id,
        actions: words.actions.filter(({ key }) => key !== 'default' || openPanel !== null),
        stays: true,
        onAction: (action) => chosen(of, action),
        onClosed: (reason) => closed(key, reason)
      })
    }
    if (leftMs !== null && leftMs > 0) later(stepOf(leftMs))
  }

  const later = (inMs: number): void => {
    timer = setTimeout(refresh, inMs)
    timer.unref()
  }

  const stop = disposable(() => {
    stopTimer()
    withdraw()
  })

  return {
    update(next) {
      ask = next
      if (next !== null) return refresh()
      stopTimer()
      withdraw()
      quietKey = null
    },
    dispose: () => stop.dispose()
  }
}

const idOf = (ask: GuardAsk): string => `ask:${ask.watchId}:${ask.victimId}`
const leftThen = (ask: GuardAsk, wallMs: number): number | null =>
  ask.actsAtMs === null ? null : ask.actsAtMs - wallMs
const keyOf = (ask: GuardAsk): string => `${idOf(ask)}:${ask.stage}`

/** Until the text may change again; the first step into the last seconds comes when they begin. */
function stepOf(leftMs: number | null): number {
  if (leftMs === null) return COARSE_STEP_MS
  if (leftMs <= LAST_SECONDS_MS) return FINE_STEP_MS
  return Math.min(COARSE_STEP_MS, Math.max(FINE_STEP_MS, leftMs - LAST_SECONDS_MS))
}

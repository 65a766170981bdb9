import type { ContractError } from '../../shared/contract/errors.ts'
import type { GuardAnswer, GuardAsk, GuardEvent } from '../../shared/model/guard.ts'
import { disposable, disposeAll, type Disposable } from '../../shared/util/disposable.ts'
import type { Result } from '../../shared/util/result.ts'
import type { Guard } from '../guard/types.ts'
import type { Clock, Logger } from '../platform/ports.ts'
import { createAskNotification } from './ask-notification.ts'
import {
  DRILL,
  failedInWords,
  helplessInWords,
  memoryBackInWords,
  memoryMissingInWords,
  stoppingInWords,
  wouldInWords,
  type NewsWords
} from './guard-words.ts'
import type { Notification, NotificationAction, Notifier, Urgency } from './types.ts'

/** Observe mode would repeat itself with every fall: one reminder in this time is enough. */
const OBSERVE_PAUSE_MS = 5 * 60_000
/** The sentinel tells again what an earlier core did not hear; what is older than this is history, for the panel. */
const OLD_EVENT_MS = 10 * 60_000
/** Victims under way at once; more are not stopped in one event. */
const MOST_UNDER_WAY = 16

export interface GuardNotificationPorts {
  readonly notifier: Notifier
  readonly guard: Pick<Guard, 'view' | 'answer' | 'onChange' | 'onEvent'>
  /** Starts a runner that was stopped, as the panel's button does. */
  readonly startAgain: (runnerId: string) => Promise<Result<unknown, ContractError>>
  /** Shows the Guard page; null where no window can be opened. */
  readonly openPanel: (() => void) | null
  readonly clock: Clock
  readonly logger: Logger
}

/** Whom the guard is stopping: when that began (monotonic), and whether it is ours to start again. */
interface UnderWay {
  readonly sinceMs: number
  readonly isRunner: boolean
}

/**
 * The guard's questions and acts as desktop notifications: asked with buttons and a countdown, told with 'Start again'.
 *
 * It only hands answers on; whether they still count is the guard's business. The drill is told by its report alone.
 */
export function createGuardNotifications(ports: GuardNotificationPorts): Disposable {
  const { notifier, guard, clock, logger, openPanel } = ports
  const underWay = new Map<string, UnderWay>()
  let observedAtMs: number | null = null
  let helpless = false

  const show: NewsAction[] = openPanel === null ? [] : [{ key: 'show', label: 'Show why', run: openPanel }]

  const tell = (id: string, urgency: Urgency, words: NewsWords, actions: readonly NewsAction[]): void =>
    notifier.show(news(id, urgency, words, actions))

  const refused = (error: ContractError, what: string): void => {
    tell('refused', 'normal', { title: what, body: error.message }, show)
  }

  const startAgain = (runnerId: string, label: string): void => {
    ports.startAgain(runnerId).then(
      (started) => {
        if (!started.ok) refused(started.error, `${label} was not started`)
      },
      (error: unknown) => logger.error('starting again from a notification failed', error)
    )
  }

  const answer = (ask: GuardAsk, choice: GuardAnswer): void => {
    const taken = guard.answer(ask.watchId, ask.victimId, choice)
    if (!taken.ok) refused(taken.error, `Your answer for ${ask.label} came too late`)
  }

  const question = createAskNotification({ notifier, clock, answer, openPanel })

  const onEvent = (event: GuardEvent): void => {
    const { victimId } = event
    if (victimId === null || event.watchId === DRILL || clock.nowMs() - event.atMs > OLD_EVENT_MS) return
    const id = `act:${victimId}`
    switch (event.kind) {
      case 'terminate':
      case 'kill': {
        if (underWay.has(victimId)) return
        const [oldest] = underWay.keys()
        if (underWay.size >= MOST_UNDER_WAY && oldest !== undefined) underWay.delete(oldest)
        underWay.set(victimId, { sinceMs: event.monotonicMs, isRunner: isRunner(victimId) })
        return tell(id, 'normal', stoppingInWords(event), show)
      }
      case 'memory-back':
      case 'memory-missing': {
        const known = underWay.get(victimId)
        underWay.delete(victimId)
        const again: NewsAction[] =
          known?.isRunner === true
            ? [
                {
                  key: 'again',
                  label: 'Start again',
                  run: () => startAgain(victimId, event.label ?? victimId)
                }
              ]
            : []
        const words =
          event.kind === 'memory-back'
            ? memoryBackInWords(event, known?.sinceMs ?? null)
            : memoryMissingInWords(event)
        return tell(id, 'normal', words, [...again, ...show])
      }
      case 'failed':
        underWay.delete(victimId)
        return tell(id, 'critical', failedInWords(event), show)
      case 'would':
        if (observedAtMs !== null && clock.monotonicMs() - observedAtMs < OBSERVE_PAUSE_MS) return
        observedAtMs = clock.monotonicMs()
        return tell('would', 'low', wouldInWords(event), show)
      default:
    }
  }

  const isRunner = (victimId: string): boolean =>
    guard.view().ranking.victims.some(({ id, kind }) => id === victimId && kind === 'runner')

  const onChange = (): void => {
    const view = guard.view()
    // The drill answers for itself: nobody is to be asked about it on the desktop.
    question.update(view.ask?.watchId === DRILL ? null : view.ask)
    const short = view.level === 'warn' || view.level === 'act' || view.level === 'emergency'
    const nobody = view.ask === null && view.ranking.victims.length === 0 && underWay.size === 0
    if (short && nobody && view.mode !== 'off') {
      if (!helpless) tell('helpless', 'critical', helplessInWords(view.reasons), show)
      helpless = true
    } else if (!short && helpless) {
      helpless = false
      notifier.close('helpless')
    }
  }

  const parts = [guard.onChange(onChange), guard.onEvent(onEvent), question]
  onChange()
  return disposable(() => disposeAll(parts))
}

interface NewsAction extends NotificationAction {
  readonly run: () => void
}

/** Something told; it goes as the server likes. A click on it does what 'Show why' does. */
function news(
  id: string,
  urgency: Urgency,
  { title, body }: NewsWords,
  actions: readonly NewsAction[]
): Notification {
  const show = actions.find(({ key }) => key === 'show')
  const all =
    show === undefined ? actions : [{ ...show, key: 'default', label: 'Open Firebreak' }, ...actions]
  return {
    id,
    urgency,
    title,
    body,
    actions: all.map(({ key, label }) => ({ key, label })),
    stays: false,
    onAction: (chosen) => all.find(({ key }) => key === chosen)?.run(),
    onClosed: () => undefined
  }
}

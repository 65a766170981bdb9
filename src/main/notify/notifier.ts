import { disposable } from '../../shared/util/disposable.ts'
import type { Clock, Logger } from '../platform/ports.ts'
import { notifyArguments } from './content.ts'
import type { Value } from './message.ts'
import { createServerLink } from './server-link.ts'
import type { ClosedReason, Notification, Notifier } from './types.ts'

/**
 * After this the next show() is sent although the last one is unanswered. Before, a server that wakes up would work
 * off one copy for every second of a countdown.
 */
const GIVE_UP_MS = 30_000
/** News older than this are not shown to a server that comes late, nor again to the next one. */
const NEWS_MS = 60_000
/** More at once are a flood that nobody reads. */
const MOST_ENTRIES = 16

export interface NotifierPorts {
  /** Asked before each connection: a session may begin after the core. Null: none here. */
  readonly sessionBusAddress: () => string | null
  readonly uid: number
  readonly clock: Clock
  readonly logger: Logger
}

interface Entry {
  notification: Notification
  /** When show() was last called, monotonic. */
  shownAtMs: number
  /** The server's own number; 0: it has none yet. */
  serverId: number
  /** What the server has is not what was last asked for. */
  stale: boolean
  /** The call under way; a late answer to a given-up one is told by it. */
  sent: { readonly atMs: number } | null
}

/**
 * Speaks org.freedesktop.Notifications (version 1.2) over the session bus.
 *
 * Connects at the first show(), and keeps the connection for the answers. Figures in docs/measurements/notify.md.
 */
export function createNotifier({ clock, logger, sessionBusAddress, uid }: NotifierPorts): Notifier {
  const entries = new Map<string, Entry>()
  let problem: string | null = null
  let disposed = false

  const link = createServerLink({
    sessionBusAddress,
    uid,
    clock,
    isWanted() {
      dropOldNews()
      return entries.size > 0
    },
    onReady: () => pump(),
    onForgotten() {
      dropOldNews()
      for (const entry of entries.values()) Object.assign(entry, { serverId: 0, sent: null, stale: true })
    },
    onSignal: (member, [serverId, detail]) => heard(member, serverId, detail),
    onTrouble: (text) => tellTrouble(text)
  })

  const tellTrouble = (text: string | null): void => {
    if (text === problem) return
    problem = text
    if (text === null) logger.info('desktop notifications work again')
    else logger.warn(`desktop notifications: ${text}`)
  }
  /** A listener that throws must not take the socket's callback with it. */
  const tell = (what: () => void): void => {
    try {
      what()
    } catch (error) {
      logger.error('an answer to a notification could not be handled', error)
    }
  }
  const withdraw = (serverId: number): void => {
    if (serverId !== 0) link.send('CloseNotification', [{ type: 'u', value: serverId }])
  }

  const dropOldNews = (): void => {
    for (const [id, { notification, shownAtMs }] of entries) {
      if (!notification.stays && clock.monotonicMs() - shownAtMs > NEWS_MS) entries.delete(id)
    }
  }
  /** The oldest gives way; its number is forgotten, so its buttons are dead. */
  const makeRoom = (): void => {
    const [oldest] = entries
    if (entries.size < MOST_ENTRIES || oldest === undefined) return
    entries.delete(oldest[0])
    withdraw(oldest[1].serverId)
  }

  /** Sends what is new; where that is not possible now, the link calls again. */
  const pump = (): void => {
    if (disposed || link.capabilities() === null) return
    for (const entry of entries.values()) {
      if (entry.sent !== null && clock.monotonicMs() - entry.sent.atMs > GIVE_UP_MS) entry.sent = null
      if (entry.stale && entry.sent === null) void send(entry)
    }
  }

  const send = async (entry: Entry): Promise<void> => {
    const sent = { atMs: clock.monotonicMs() }
    const { id } = entry.notification
    entry.sent = sent
    entry.stale = false
    const answer = await link.call(
      'Notify',
      notifyArguments(entry.notification, entry.serverId, link.capabilities())
    )
    if (disposed) return
    const serverId = answer.ok ? answer.value.body?.[0] : undefined
    const isKept = entries.get(id) === entry
    const isCurrent = isKept && entry.sent === sent
    if (typeof serverId !== 'number') {
      if (isCurrent) entry.sent = null
      if (answer.ok) tellTrouble('the notification server answers nonsense')
      else if (answer.error.name !== '') tellTrouble(`the server refused: ${answer.error.message}`)
      return
    }
    link.works()
    if (isCurrent) {
      entry.serverId = serverId
      entry.sent = null
      pump()
    } else if (!isKept || serverId !== entry.serverId) {
      // Closed meanwhile, or given up and sent again: this copy is one too many.
      withdraw(serverId)
    }
  }

  const heard = (member: string, serverId: Value | undefined, detail: Value | undefined): void => {
    if (typeof serverId !== 'number' || serverId === 0) return
    const found = [...entries].find(([, entry]) => entry.serverId === serverId)
    if (found === undefined) return
    const [id, { notification }] = found
    if (member === 'NotificationClosed') {
      entries.delete(id)
      tell(() => notification.onClosed(reasonOf(detail)))
    } else if (member === 'ActionInvoked') {
      const action = notification.actions.find(({ key }) => key === detail)
      if (action === undefined) return
      entries.delete(id)
      withdraw(serverId)
      tell(() => notification.onAction(action.key))
    }
  }

  const stop = disposable(() => {
    disposed = true
    for (const { notification, serverId } of entries.values()) if (notification.stays) withdraw(serverId)
    entries.clear()
    link.dispose()
  })

  return {
    show(notification) {
      if (disposed) return
      const shownAtMs = clock.monotonicMs()
      const entry = entries.get(notification.id)
      if (entry === undefined) {
        makeRoom()
        entries.set(notification.id, { notification, shownAtMs, serverId: 0, stale: true, sent: null })
      } else {
        Object.assign(entry, { notification, shownAtMs, stale: true })
      }
      pump()
    },
    close(id) {
      const entry = entries.get(id)
      entries.delete(id)
      if (entry !== undefined) withdraw(entry.serverId)
    },
    dispose: () => stop.dispose()
  }
}

/** Numbers of the specification: 1 expired, 2 dismissed, 3 closed by a call, 4 undefined. */
function reasonOf(value: Value | undefined): ClosedReason {
  if (value === 1) return 'expired'
  return value === 2 ? 'dismissed' : 'unknown'
}

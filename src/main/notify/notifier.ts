import { clamp } from '../../shared/util/clamp.ts'
import { disposable } from '../../shared/util/disposable.ts'
import type { Clock, Logger } from '../platform/ports.ts'
import { busCall, BUS_NAME, openBus, type Bus, type Call, type CallError } from './bus.ts'
import { socketPathsOf } from './bus-address.ts'
import { notifyArguments, type Capabilities } from './content.ts'
import type { Argument, Incoming, Value } from './message.ts'
import type { ClosedReason, Notification, Notifier } from './types.ts'

const SERVER = 'org.freedesktop.Notifications'
const SERVER_PATH = '/org/freedesktop/Notifications'

/** After this the log says that the server does not answer. */
const ANSWER_DEADLINE_MS = 2_000
/** After this the next show() is sent although the last one is unanswered. Before, a server that wakes up would work
 * off one copy for every second of a countdown. */
const GIVE_UP_MS = 30_000
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 60_000
/** News older than this are not shown again to a new server, and not any more to one that comes late. */
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
 * Connects at the first show(), and keeps the connection for the answers. Signals count only from the owner of the
 * name. Costs 0.2 MiB once it is connected and nothing before; figures in docs/measurements/notify.md.
 */
export function createNotifier(ports: NotifierPorts): Notifier {
  const { clock, logger } = ports
  const entries = new Map<string, Entry>()
  let bus: Bus | null = null
  let connecting = false
  let disposed = false
  let retryMs = FIRST_RETRY_MS
  let retry: NodeJS.Timeout | null = null
  /** Unique name of the server; null: nobody owns the name. */
  let owner: string | null = null
  let capabilities: Capabilities = null
  /** Notifications wait until the server has said what it can, or has failed to. */
  let asked = false
  /** Grows with each server: an answer of an earlier one counts no more. */
  let generation = 0
  /** Until then a server that is not there is not asked for again: asking may start it, again and again. */
  let absentUntilMs = 0
  let problem: string | null = null

  const trouble = (text: string): void => {
    if (problem === text || disposed) return
    problem = text
    logger.warn(`desktop notifications: ${text}`)
  }
  const works = (): void => {
    retryMs = FIRST_RETRY_MS
    if (problem !== null) logger.info('desktop notifications work again')
    problem = null
  }
  /** A listener that throws must not take the socket's callback with it. */
  const tell = (what: () => void): void => {
    try {
      what()
    } catch (error) {
      logger.error('an answer to a notification could not be handled', error)
    }
  }

  const serverCall = (member: string, body: readonly Argument[]): Call => ({
    destination: SERVER,
    path: SERVER_PATH,
    interface: SERVER,
    member,
    body
  })
  const withdraw = (serverId: number): void => {
    if (serverId !== 0) bus?.send(serverCall('CloseNotification', [{ type: 'u', value: serverId }]))
  }
  /** The oldest gives way; its numbers are forgotten, so its buttons are dead. */
  const makeRoom = (): void => {
    const [oldest] = entries
    if (entries.size < MOST_ENTRIES || oldest === undefined) return
    entries.delete(oldest[0])
    withdraw(oldest[1].serverId)
  }
  const isNews = (entry: Entry): boolean =>
    entry.notification.stays || clock.monotonicMs() - entry.shownAtMs <= NEWS_MS
  const dropOldNews = (): void => {
    for (const [id, entry] of entries) if (!isNews(entry)) entries.delete(id)
  }

  /** The server is another one now, or none: its numbers mean nothing any more. */
  const forgetServer = (): void => {
    capabilities = null
    asked = false
    generation += 1
    absentUntilMs = 0
    dropOldNews()
    for (const entry of entries.values()) {
      entry.serverId = 0
      entry.sent = null
      entry.stale = true
    }
  }

  const lost = (why: string): void => {
    bus = null
    owner = null
    trouble(why)
    forgetServer()
    if (disposed || retry !== null || entries.size === 0) return
    retry = setTimeout(() => {
      retry = null
      dropOldNews()
      if (entries.size > 0) pump()
    }, retryMs)
    retry.unref()
    retryMs = clamp(retryMs * 2, FIRST_RETRY_MS, LAST_RETRY_MS)
  }

  const connect = async (): Promise<void> => {
    connecting = true
    const address = ports.sessionBusAddress()
    const paths = address === null ? [] : socketPathsOf(address)
    let why = 'there is no session bus here'
    for (const socketPath of paths) {
      const opened = await openBus({ socketPath, uid: ports.uid, onSignal, onClosed: lost })
      if (opened.ok && disposed) opened.value.close()
      if (disposed) return
      if (opened.ok) {
        bus = opened.value
        break
      }
      why = opened.error
    }
    connecting = false
    if (bus === null) return lost(why)
    watchServer(bus)
    pump()
  }

  const watchServer = (bus: Bus): void => {
    const match = (rule: string): void => bus.send(busCall('AddMatch', [{ type: 's', value: rule }]))
    match(`type='signal',sender='${BUS_NAME}',member='NameOwnerChanged',arg0='${SERVER}'`)
    match(`type='signal',sender='${SERVER}',interface='${SERVER}',member='ActionInvoked'`)
    match(`type='signal',sender='${SERVER}',interface='${SERVER}',member='NotificationClosed'`)
    void bus.call(busCall('GetNameOwner', [{ type: 's', value: SERVER }])).then((answer) => {
      const name = answer.ok ? answer.value.body?.[0] : null
      if (typeof name === 'string') owner = name
    })
  }

  const askCapabilities = async (from: Bus): Promise<void> => {
    asked = true
    const of = generation
    const waiting = deadline(() => {
      trouble(SILENT)
      if (bus !== from || of !== generation) return
      capabilities ??= UNTOLD
      pump()
    })
    const answer = await from.call(serverCall('GetCapabilities', []))
    clearTimeout(waiting)
    if (bus !== from || of !== generation) return
    const list = answer.ok ? answer.value.body?.[0] : undefined
    if (isStrings(list)) capabilities = new Set(list)
    else if (!answer.ok && isAbsent(answer.error)) return serverAbsent(answer.error)
    else capabilities ??= UNTOLD
    pump()
  }

  const serverAbsent = (error: CallError): void => {
    asked = false
    absentUntilMs = clock.monotonicMs() + retryMs
    retryMs = clamp(retryMs * 2, FIRST_RETRY_MS, LAST_RETRY_MS)
    trouble(`no server shows them here (${error.message})`)
  }

  /** Sends what is new, as far as it can be sent; else sees to it that it will be. */
  const pump = (): void => {
    if (disposed || connecting || retry !== null) return
    if (bus === null) return void connect()
    if (capabilities === null) {
      if (!asked && clock.monotonicMs() >= absentUntilMs) void askCapabilities(bus)
      return
    }
    for (const entry of entries.values()) {
      if (entry.sent !== null && clock.monotonicMs() - entry.sent.atMs > GIVE_UP_MS) entry.sent = null
      if (entry.stale && entry.sent === null) void send(bus, entry)
    }
  }

  const send = async (over: Bus, entry: Entry): Promise<void> => {
    const sent = { atMs: clock.monotonicMs() }
    const { id } = entry.notification
    entry.sent = sent
    entry.stale = false
    const waiting = deadline(() => trouble(SILENT))
    const answer = await over.call(
      serverCall('Notify', notifyArguments(entry.notification, entry.serverId, capabilities))
    )
    clearTimeout(waiting)
    if (bus !== over) return
    const serverId = answer.ok ? answer.value.body?.[0] : undefined
    const current = entries.get(id) === entry && entry.sent === sent
    if (typeof serverId !== 'number') {
      if (answer.ok) trouble('the notification server answers nonsense')
      else trouble(`the notification server refused: ${answer.error.message || answer.error.name}`)
      if (current) entry.sent = null
      return
    }
    works()
    if (!current) {
      // Closed meanwhile, or given up and sent again: this copy is one too many.
      if (serverId !== entry.serverId || entries.get(id) !== entry) withdraw(serverId)
      return
    }
    entry.serverId = serverId
    entry.sent = null
    pump()
  }

  const byServerId = (serverId: Value | undefined): [string, Entry] | undefined =>
    typeof serverId === 'number' && serverId !== 0
      ? [...entries].find(([, entry]) => entry.serverId === serverId)
      : undefined

  const onSignal = (signal: Incoming): void => {
    const [first, second, third] = signal.body ?? []
    if (signal.sender === BUS_NAME) {
      if (signal.member !== 'NameOwnerChanged' || first !== SERVER) return
      owner = typeof third === 'string' && third !== '' ? third : null
      if (second !== '') forgetServer()
      if (owner === null) return
      absentUntilMs = 0
      retryMs = FIRST_RETRY_MS
      pump()
      return
    }
    if (signal.sender === null || signal.sender !== owner || signal.interface !== SERVER) return
    const found = byServerId(first)
    if (found === undefined) return
    const [id, entry] = found
    const { notification } = entry
    if (signal.member === 'NotificationClosed') {
      entries.delete(id)
      tell(() => notification.onClosed(reasonOf(second)))
    } else if (signal.member === 'ActionInvoked') {
      const action = notification.actions.find(({ key }) => key === second)
      if (action === undefined) return
      entries.delete(id)
      withdraw(entry.serverId)
      tell(() => notification.onAction(action.key))
    }
  }

  const stop = disposable(() => {
    for (const entry of entries.values()) if (entry.notification.stays) withdraw(entry.serverId)
    disposed = true
    entries.clear()
    if (retry !== null) clearTimeout(retry)
    bus?.close()
    bus = null
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

/** What every usual server can, for one that does not say or answers nonsense. */
const UNTOLD: Capabilities = new Set(['body', 'body-markup', 'actions'])

const SILENT = 'the notification server does not answer'

const isStrings = (value: Value | undefined): value is readonly string[] => Array.isArray(value)

/** The bus knows no such server, cannot start it, or lost it; an empty name: the bus itself is gone. */
const ABSENT =
  /^$|^org\.freedesktop\.DBus\.Error\.(ServiceUnknown|NameHasNoOwner|NoReply|TimedOut|Disconnected|Spawn\..*)$/
const isAbsent = (error: CallError): boolean => ABSENT.test(error.name)

function deadline(passed: () => void): NodeJS.Timeout {
  const timer = setTimeout(passed, ANSWER_DEADLINE_MS)
  timer.unref()
  return timer
}

/** Numbers of the specification: 1 expired, 2 dismissed, 3 closed by a call, 4 undefined. */
function reasonOf(value: Value | undefined): ClosedReason {
  if (value === 1) return 'expired'
  return value === 2 ? 'dismissed' : 'unknown'
}

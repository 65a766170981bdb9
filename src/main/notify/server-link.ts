import { clamp } from '../../shared/util/clamp.ts'
import type { Disposable } from '../../shared/util/disposable.ts'
import { disposable } from '../../shared/util/disposable.ts'
import { err, type Result } from '../../shared/util/result.ts'
import type { Clock } from '../platform/ports.ts'
import { busCall, BUS_NAME, openBus, type Bus, type Call, type CallError } from './bus.ts'
import { socketPathsOf } from './bus-address.ts'
import { UNTOLD, type Capabilities } from './content.ts'
import type { Argument, Incoming, Value } from './message.ts'

const SERVER = 'org.freedesktop.Notifications'
const SERVER_PATH = '/org/freedesktop/Notifications'

/** After this the log says that the server does not answer. */
const ANSWER_DEADLINE_MS = 2_000
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 60_000

export interface ServerLinkPorts {
  /** Asked before each connection: a session may begin after the core. Null: none here. */
  readonly sessionBusAddress: () => string | null
  readonly uid: number
  readonly clock: Clock
  /** Somebody still waits to be shown: a lost bus is tried again without being asked. */
  readonly isWanted: () => boolean
  /** The server can be called. */
  readonly onReady: () => void
  /** It is another server now, or none: its numbers mean nothing any more. */
  readonly onForgotten: () => void
  /** From the server itself, from nobody else. */
  readonly onSignal: (member: string, body: readonly Value[]) => void
  /** What is wrong, in words; null: all is well again. The same may be told many times. */
  readonly onTrouble: (text: string | null) => void
}

/** The way to the notification server: bus, owner of the name, what it can. */
export interface ServerLink extends Disposable {
  /** What the server can; null: not yet, onReady follows when it is there. Connects where there is no connection. */
  capabilities(): Capabilities | null
  /** Settles when the server answers, however late, or is gone; says so when it is late. */
  call(member: string, body: readonly Argument[]): Promise<Result<Incoming, CallError>>
  send(member: string, body: readonly Argument[]): void
  /** It showed something: the next trouble is a new one. */
  works(): void
}

export function createServerLink(ports: ServerLinkPorts): ServerLink {
  const { clock } = ports
  let bus: Bus | null = null
  let connecting = false
  let disposed = false
  let retryMs = FIRST_RETRY_MS
  let retry: NodeJS.Timeout | null = null
  /** Unique name of the server; null: nobody owns the name. */
  let owner: string | null = null
  let capabilities: Capabilities | null = null
  /** It was asked what it can, and has not answered yet. */
  let asked = false
  /** Grows with each server: an answer of an earlier one counts no more. */
  let generation = 0
  /** Until then a server that is not there is not asked for again: asking may start it, again and again. */
  let absentUntilMs = 0

  const trouble = (text: string): void => {
    if (!disposed) ports.onTrouble(text)
  }
  const nextRetryMs = (): number => {
    const now = retryMs
    retryMs = clamp(retryMs * 2, FIRST_RETRY_MS, LAST_RETRY_MS)
    return now
  }

  const forget = (): void => {
    capabilities = null
    asked = false
    generation += 1
    absentUntilMs = 0
    ports.onForgotten()
  }

  const lost = (why: string): void => {
    bus = null
    owner = null
    trouble(why)
    forget()
    if (disposed || retry !== null || !ports.isWanted()) return
    retry = setTimeout(() => {
      retry = null
      if (ports.isWanted()) reach()
    }, nextRetryMs())
    retry.unref()
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
    reach()
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
    const isCurrent = (): boolean => bus === from && of === generation
    const settle = (found: Capabilities): void => {
      capabilities = found
      ports.onReady()
    }
    const late = deadline(() => {
      trouble(SILENT)
      if (isCurrent() && capabilities === null) settle(UNTOLD)
    })
    const answer = await from.call(serverCall('GetCapabilities', []))
    clearTimeout(late)
    if (!isCurrent()) return
    const list = answer.ok ? answer.value.body?.[0] : undefined
    if (isStrings(list)) settle(new Set(list))
    else if (!answer.ok && ABSENT.test(answer.error.name)) {
      asked = false
      absentUntilMs = clock.monotonicMs() + nextRetryMs()
      trouble(`no server shows them here (${answer.error.message})`)
    } else if (capabilities === null) settle(UNTOLD)
  }

  /** The next step towards a server that can be called. */
  const reach = (): void => {
    if (disposed || connecting || retry !== null) return
    if (bus === null) void connect()
    else if (!asked && clock.monotonicMs() >= absentUntilMs) void askCapabilities(bus)
  }

  const onSignal = (signal: Incoming): void => {
    const body = signal.body ?? []
    if (signal.sender !== BUS_NAME) {
      const isServer = signal.sender !== null && signal.sender === owner && signal.interface === SERVER
      if (isServer && signal.member !== null) ports.onSignal(signal.member, body)
      return
    }
    const [name, before, after] = body
    if (signal.member !== 'NameOwnerChanged' || name !== SERVER) return
    owner = typeof after === 'string' && after !== '' ? after : null
    if (before !== '') forget()
    if (owner === null) return
    absentUntilMs = 0
    retryMs = FIRST_RETRY_MS
    if (ports.isWanted()) reach()
  }

  const stop = disposable(() => {
    disposed = true
    if (retry !== null) clearTimeout(retry)
    bus?.close()
    bus = null
  })

  return {
    capabilities() {
      if (capabilities === null) reach()
      return capabilities
    },
    async call(member, body) {
      if (bus === null) return err({ name: '', message: 'there is no message bus' })
      const late = deadline(() => trouble(SILENT))
      const answer = await bus.call(serverCall(member, body))
      clearTimeout(late)
      return answer
    },
    send: (member, body) => bus?.send(serverCall(member, body)),
    works() {
      retryMs = FIRST_RETRY_MS
      ports.onTrouble(null)
    },
    dispose: () => stop.dispose()
  }
}

const SILENT = 'the notification server does not answer'

/** The bus knows no such server, cannot start it, or lost it; an empty name: the bus itself is gone. */
const ABSENT =
  /^$|^org\.freedesktop\.DBus\.Error\.(ServiceUnknown|NameHasNoOwner|NoReply|TimedOut|Disconnected|Spawn\..*)$/

const isStrings = (value: Value | undefined): value is readonly string[] => Array.isArray(value)

const serverCall = (member: string, body: readonly Argument[]): Call => ({
  destination: SERVER,
  path: SERVER_PATH,
  interface: SERVER,
  member,
  body
})

function deadline(passed: () => void): NodeJS.Timeout {
  const timer = setTimeout(passed, ANSWER_DEADLINE_MS)
  timer.unref()
  return timer
}

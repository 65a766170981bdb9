import type { GuardAnswer, GuardEvent, SentinelStatus } from '../../shared/model/guard.ts'
import type { Disposable } from '../../shared/util/disposable.ts'
import type { Clock, Logger } from '../platform/ports.ts'
import {
  SENTINEL_PROTOCOL,
  type FromSentinel,
  type Holder,
  type Watch,
  type WatchStatus
} from '../sentinel/protocol.ts'
import { createOpenActs } from './open-acts.ts'
import { distrustSocket, openChannel, type Channel } from './sentinel-channel.ts'
import { boundLog, startSentinel, type SentinelProcess } from './sentinel-process.ts'

export interface SentinelLinkOptions {
  /** The installed service's, tried first; null where none is to be asked. */
  readonly systemSocket: string | null
  /** Of one left by an earlier core, or of the one started here. */
  readonly ownSocket: string
  readonly nodePath: string
  readonly entryPath: string
  readonly logPath: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly blackBoxPath: string
  /** This process, by pid and start time. */
  readonly self: { readonly pid: number; readonly startTicks: number }
  readonly uid: number
  readonly clock: Clock
  readonly logger: Logger
  /** Once, before the first hello: until then nobody writes over what an earlier sentinel left. */
  readonly onFirstContact: () => void
  readonly onEvent: (event: GuardEvent) => void
  readonly onShrink: (watchId: string, victimId: string) => void
  /** Status or state changed. */
  readonly onChange: () => void
}

/** The core's end of the sentinel: finds or starts one, keeps it armed, starts another when it dies. */
export interface SentinelLink extends Disposable {
  /** Off: says goodbye; whoever is armed stays guarded until then. */
  setWanted(isWanted: boolean): void
  /** Replaces what is armed, now and for every later sentinel. */
  arm(watches: readonly Watch[], holders: readonly Holder[]): void
  /** Tells one that an earlier core left to forget whom it guards; does nothing where there is none. */
  disarmLeft(): void
  /** False while nobody is there to do it. */
  answer(watchId: string, victimId: string, choice: GuardAnswer): boolean
  status(): SentinelStatus
  /** As the sentinel last told; null while none is connected. */
  watch(id: string): WatchStatus | null
  /** Connected to the installed service: the other one's socket is not ours to start. */
  readonly pid: number | null
}

/** Between looks for the socket of one that was just started; Node needs 50 to 200 ms to begin. */
const LOOK_EVERY_MS = 25
/** A start that does not listen by then has failed; on a starved machine a start may take seconds. */
const START_DEADLINE_MS = 15_000
/** The first new start follows at once; then rarer, as a sentinel that cannot run costs a start each time. */
const BACKOFF_MS = [0, 500, 2_000, 10_000, 30_000] as const
/** One that stayed this long was well: the next pause is the shortest again. */
const WELL_AFTER_MS = 10_000
/** A sentinel tells its state each second: one that is silent for so long cannot be relied on. */
const SILENT_MS = 10_000
/** After this it will not come back by itself. Long, because a starved machine makes everybody late. */
const HOPELESS_MS = 60_000
/** Arming is repeated this often even where nothing changed. */
const REARM_MS = 5_000
/** Sizes that moved by less are no news: at rest they breathe by some MiB each second, and each arming has its cost. */
const NEWS_BYTES = 256 * 1024 ** 2
const coarseBytes = (key: string, value: unknown): unknown =>
  key === 'bytes' && typeof value === 'number' ? Math.round(value / NEWS_BYTES) : value
const CHECK_EVERY_MS = 1_000
const BOUND_LOG_EVERY_MS = 60_000

type Phase = 'off' | 'starting' | 'guarding' | 'gone'

export function createSentinelLink(options: SentinelLinkOptions): SentinelLink {
  const { clock, logger } = options
  let phase: Phase = 'off'
  let channel: Channel | null = null
  let child: SentinelProcess | null = null
  let said: (FromSentinel & { type: 'state' }) | null = null
  let pid: number | null = null
  let wantsConnection = false
  let isConnecting = false
  let isFirst = true
  let failures = 0
  let connectedMs = 0
  let heardMs = 0
  let note: string | null = null
  /** That one that guarded ended, and how; for as long as this core lives. */
  let replaced: readonly string[] = []
  let armed: { readonly watches: readonly Watch[]; readonly holders: readonly Holder[] } | null = null
  const openActs = createOpenActs()
  let sequence = 0
  let sentText = ''
  let sentMs = Number.NEGATIVE_INFINITY
  let boundedMs = 0
  /** Events of one sentinel come once; after a reconnection it repeats those without an acknowledgement. */
  let events: { pid: number; sequence: number } | null = null
  let retry: NodeJS.Timeout | undefined
  let check: NodeJS.Timeout | undefined
  let looking: NodeJS.Timeout | undefined
  let stopLooking: (() => void) | null = null
  /** The installed one took the connection and said nothing: the own one is tried. */
  let skipsSystem = false

  const enter = (next: Phase): void => {
    const isNews = phase !== next
    phase = next
    if (isNews) options.onChange()
  }

  const send = (): void => {
    if (channel === null || phase !== 'guarding' || armed === null) return
    const { holders } = armed
    const watches = openActs.addTo(armed.watches)
    const text = JSON.stringify({ watches, holders }, coarseBytes)
    const nowMs = clock.monotonicMs()
    if (text === sentText && nowMs - sentMs < REARM_MS) return
    if (!channel.send({ type: 'arm', sequence: sequence + 1, watches, holders })) return
    sequence += 1
    sentText = text
    sentMs = nowMs
  }

  const onMessage = (message: FromSentinel): void => {
    heardMs = clock.monotonicMs()
    switch (message.type) {
      case 'welcome': {
        if (message.protocol !== SENTINEL_PROTOCOL) {
          note = 'The sentinel that runs is of another version of Firebreak. Restart it, or the computer.'
          logger.warn(`the sentinel speaks protocol ${message.protocol}, not ${SENTINEL_PROTOCOL}`)
          drop({ type: 'bye' })
          return
        }
        note = null
        pid = message.pid
        connectedMs = heardMs
        sentText = ''
        if (events?.pid !== message.pid) events = { pid: message.pid, sequence: 0 }
        enter('guarding')
        send()
        return
      }
      case 'state':
        said = message
        options.onChange()
        return
      case 'event':
        if (events !== null && message.event.sequence > events.sequence) {
          events.sequence = message.event.sequence
          openActs.note(message.event, armed?.watches ?? [])
          options.onEvent(message.event)
        }
        channel?.send({ type: 'ack', sequence: message.event.sequence })
        return
      case 'shrink':
        options.onShrink(message.watchId, message.victimId)
        return
    }
  }

  /** Lets go of the connection; the next one is timed. */
  const drop = (last: { readonly type: 'bye' } | null): void => {
    channel?.end(last)
    channel = null
    lost()
  }

  const lost = (): void => {
    channel = null
    said = null
    pid = null
    if (!wantsConnection) return
    if (clock.monotonicMs() - connectedMs >= WELL_AFTER_MS) failures = 0
    enter('gone')
    tryLater()
  }

  const tryLater = (): void => {
    const pauseMs = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 0
    failures += 1
    clearTimeout(retry)
    retry = setTimeout(() => void connect(), pauseMs)
  }

  const firstContact = (): void => {
    if (!isFirst) return
    isFirst = false
    options.onFirstContact()
  }

  const open = async (path: string | null): Promise<Channel | null> => {
    if (path === null || distrustSocket(path, options.uid) !== null) return null
    let mine: Channel | null = null
    mine = await openChannel(path, {
      message: (message) => {
        if (channel !== null && channel === mine) onMessage(message)
      },
      closed: () => {
        if (channel !== null && channel === mine) lost()
      }
    })
    return mine
  }

  const greet = (found: Channel): void => {
    channel = found
    heardMs = clock.monotonicMs()
    connectedMs = heardMs
    const { self, blackBoxPath } = options
    found.send({ type: 'hello', protocol: SENTINEL_PROTOCOL, ...self, blackBoxPath })
  }

  const connect = async (): Promise<void> => {
    if (isConnecting || channel !== null || !wantsConnection) return
    isConnecting = true
    try {
      const found = await findOrStart()
      if (found === null) {
        if (wantsConnection) {
          enter('gone')
          tryLater()
        }
        return
      }
      if (wantsConnection) greet(found)
      else found.end({ type: 'bye' })
    } finally {
      isConnecting = false
    }
  }

  const isWanted = (): boolean => wantsConnection

  const findOrStart = async (): Promise<Channel | null> => {
    const system = await open(skipsSystem ? null : options.systemSocket)
    if (system !== null) {
      firstContact()
      return system
    }
    const left = await open(options.ownSocket)
    if (left !== null) {
      firstContact()
      return left
    }
    firstContact()
    if (!wantsConnection) return null
    let isStarted = false
    const deadline = clock.monotonicMs() + START_DEADLINE_MS
    while (clock.monotonicMs() < deadline) {
      if (!isWanted()) return null
      // The end of an earlier one may be heard after the end of its connection.
      if (child === null) {
        if (isStarted) return null
        isStarted = true
        start()
      }
      await look()
      const found = await open(options.ownSocket)
      if (found !== null) return found
    }
    return null
  }

  const look = (): Promise<void> =>
    new Promise((settle) => {
      stopLooking = settle
      looking = setTimeout(settle, LOOK_EVERY_MS)
    })

  const start = (): void => {
    if (child !== null) return
    const { nodePath, entryPath, ownSocket, logPath, env } = options
    try {
      child = startSentinel({
        nodePath,
        entryPath,
        socketPath: ownSocket,
        logPath,
        env,
        onEnd(why) {
          child = null
          note = `The sentinel is gone (${why}); another one is started.`
          if (wantsConnection) logger.warn(`the sentinel is gone: ${why}`)
          if (events !== null) replaced = [`An earlier sentinel is gone (${why}); this one took its place.`]
        }
      })
    } catch (error) {
      // fork() without memory throws here: the very moment the core must live through.
      note = `The sentinel could not be started (${error instanceof Error ? error.message : String(error)}).`
      logger.error('the sentinel could not be started', error)
    }
  }

  const watchOver = (): void => {
    const nowMs = clock.monotonicMs()
    if (nowMs - boundedMs >= BOUND_LOG_EVERY_MS) {
      boundedMs = nowMs
      boundLog(options.logPath)
    }
    send()
    if (channel === null || phase === 'off') return
    // What has arrived and was not read yet, because this process slept, is read first.
    setImmediate(() => {
      if (channel === null) return
      const silentMs = clock.monotonicMs() - heardMs
      const isSilent = silentMs >= SILENT_MS
      const isHopeless = silentMs >= HOPELESS_MS
      if (isHopeless || (isSilent && pid === null)) {
        logger.warn('the sentinel does not answer; another one is tried')
        skipsSystem = pid === null
        child?.kill()
        drop(null)
        return
      }
      if (isSilent && phase !== 'gone') {
        note = `The sentinel has not answered for ${SILENT_MS / 1_000} s.`
        logger.warn(note)
        enter('gone')
      } else if (!isSilent && phase === 'gone' && pid !== null) {
        note = null
        enter('guarding')
      }
    })
  }

  const setWanted = (next: boolean, disarms: boolean): void => {
    if (next === wantsConnection) return
    wantsConnection = next
    clearTimeout(retry)
    clearTimeout(looking)
    clearInterval(check)
    stopLooking?.()
    if (next) {
      check = setInterval(watchOver, CHECK_EVERY_MS)
      failures = 0
      enter('starting')
      void connect()
      return
    }
    // Whatever it last understood: one that is slow to answer must not go on acting on it.
    if (disarms) channel?.send({ type: 'arm', sequence: (sequence += 1), watches: [], holders: [] })
    channel?.end({ type: 'bye' })
    channel = null
    said = null
    pid = null
    note = null
    sentText = ''
    child?.forget()
    child = null
    enter('off')
  }

  return {
    setWanted: (next) => setWanted(next, true),
    arm(watches, holders) {
      armed = { watches, holders }
      send()
    },
    disarmLeft() {
      void Promise.all([open(options.systemSocket), open(options.ownSocket)]).then((left) => {
        firstContact()
        const { self, blackBoxPath } = options
        for (const one of left) {
          one?.send({ type: 'hello', protocol: SENTINEL_PROTOCOL, ...self, blackBoxPath })
          one?.send({ type: 'arm', sequence: (sequence += 1), watches: [], holders: [] })
          one?.end({ type: 'bye' })
        }
      })
    },
    answer: (watchId, victimId, choice) =>
      phase === 'guarding' && channel?.send({ type: 'answer', watchId, victimId, choice }) === true,
    status() {
      const notes = note === null ? [] : [note]
      if (said !== null && phase === 'guarding')
        return { ...said.status, state: 'guarding', notes: [...notes, ...said.status.notes, ...replaced] }
      return {
        state: phase === 'guarding' ? 'starting' : phase,
        pid,
        rights: 'unknown',
        memoryLocked: false,
        priorityRaised: false,
        notes,
        armedIds: [],
        unreachableIds: []
      }
    },
    watch: (id) => (phase === 'guarding' ? (said?.watches.find((one) => one.id === id) ?? null) : null),
    get pid() {
      return pid
    },
    // Runners stay guarded without their core.
    dispose: () => setWanted(false, false)
  }
}

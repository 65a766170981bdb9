import type { Socket } from 'node:net'
import { decide } from '../../shared/domain/guard/decide.ts'
import { pace, REST_TICK_MS } from '../../shared/domain/guard/pace.ts'
import type { GuardReading, SentinelStatus } from '../../shared/model/guard.ts'
import type { Disposable } from '../../shared/util/disposable.ts'
import type { BlackBox } from './black-box.ts'
import { linkCore, type CoreLink } from './core-link.ts'
import { createEventRing } from './event-ring.ts'
import type { Kernel, Peer } from './kernel.ts'
import { peerOf, refusalOf } from './peer.ts'
import { statOf } from './process-handle.ts'
import { SENTINEL_PROTOCOL, type FromSentinel, type ToSentinel } from './protocol.ts'
import type { Readings } from './readings.ts'
import type { Rights } from './rights.ts'
import { restMs } from './rest.ts'
import { createWatch, type RunningWatch } from './watch.ts'

/** A core shows the state once a second; more often only when it changed. */
const STATE_EVERY_MS = 1_000
/** At rest nothing in it changes: what is left is the sign of life, of which a core misses two before it doubts. */
const STATE_AT_REST_MS = 4_000
/** Looking whether anybody armed still lives, for the end of this process. */
const LIFE_EVERY_MS = 500
/** kthreadd and init: nothing of theirs is ever ours. */
const LAST_UNTOUCHABLE_PID = 2

export interface SentinelParts {
  readonly kernel: Kernel
  readonly rights: Rights
  readonly readings: Readings
  readonly blackBox: BlackBox
  /** Wall clock. */
  readonly nowMs: () => number
  readonly monotonicMs: () => number
  /** How long it stays after the last victim is gone, and for a first core. */
  readonly lingerMs: number
  readonly log: (line: string) => void
  /** Nobody needs it any more. */
  readonly onUnneeded: () => void
}

/** The emergency path: looks, decides, acts and tells. Runs from its creation until it is disposed. */
export interface Sentinel extends Disposable {
  /** Takes a connection; it counts as the core's with its hello. */
  connect(socket: Socket): void
  /** Looks once, out of turn. */
  tick(): void
}

/** The one core that gives orders. */
interface Core {
  readonly link: CoreLink
  readonly pid: number
  readonly startTicks: number
}

export function createSentinel(parts: SentinelParts): Sentinel {
  const { monotonicMs } = parts
  const ring = createEventRing()
  const watches = new Map<string, RunningWatch>()
  const links = new Set<CoreLink>()
  const ownGroup = statOf(process.pid)?.groupId ?? -1
  let core: Core | null = null
  let coreGroup = -1
  let armSequence = 0
  let ticks = 0
  let malformed = 0
  let newest: GuardReading | null = null
  let stateSentMs = Number.NEGATIVE_INFINITY
  let stateSent = ''
  let lifeLookedMs = Number.NEGATIVE_INFINITY
  let neededMs = monotonicMs()
  /** As the guard's pace was, and how long the pause really is: they tell how near memory is. */
  let waitedMs = REST_TICK_MS
  let pauseMs = REST_TICK_MS
  let timer: NodeJS.Timeout | undefined
  let disposed = false

  const send = (message: FromSentinel): void => core?.link.send(message)

  const watchParts = {
    kernel: parts.kernel,
    decide,
    pace,
    nowMs: parts.nowMs,
    monotonicMs,
    forbidden: (pid: number): boolean =>
      pid <= LAST_UNTOUCHABLE_PID || pid === process.pid || pid === core?.pid,
    forbiddenGroup: (groupId: number): boolean => groupId === ownGroup || groupId === coreGroup,
    readFresh: () => (newest = parts.readings.take(monotonicMs(), 'fresh')),
    onEvent: (event: Parameters<typeof ring.add>[0]) => {
      const added = ring.add(event)
      // The log may be a file on a slow disk: the core hears first.
      send({ type: 'event', event: added })
      parts.log(`${event.kind} ${event.label ?? ''}: ${event.reasons[0] ?? ''}`)
    },
    onShrink: (watchId: string, victimId: string) => send({ type: 'shrink', watchId, victimId })
  }

  const status = (): SentinelStatus => {
    const victims = [...watches.values()].flatMap((watch) => watch.victims)
    return {
      state: 'guarding',
      pid: process.pid,
      ...parts.rights,
      notes: [...parts.rights.notes, ...parts.blackBox.notes()],
      armedIds: [...new Set(victims.map((victim) => victim.armed.id))],
      unreachableIds: victims.filter((victim) => victim.reach() !== 'all').map((victim) => victim.armed.id)
    }
  }

  /** Nothing falls, nothing is near: whatever is not for the guard may wait. */
  const isAtRest = (): boolean =>
    waitedMs >= REST_TICK_MS && [...watches.values()].every(({ decision }) => decision?.level === 'calm')

  const report = (nowMs: number): void => {
    if (core === null) return
    const states = [...watches.values()].map((watch) => watch.status())
    // What makes a message worth sending at once; numbers that move all the time do not.
    const changed = states.map(({ id, level, ask, holdLaunches }) => {
      return `${id} ${level} ${ask?.victimId} ${ask?.stage} ${holdLaunches}`
    })
    const shape = `${armSequence} ${changed.join()}`
    const everyMs = isAtRest() ? STATE_AT_REST_MS : STATE_EVERY_MS
    if (shape === stateSent && nowMs - stateSentMs < everyMs) return
    stateSent = shape
    stateSentMs = nowMs
    const availableBytes = newest?.availableBytes ?? 0
    send({ type: 'state', armSequence, availableBytes, watches: states, status: status(), ticks })
  }

  const lookAtLife = (nowMs: number): void => {
    if (nowMs - lifeLookedMs < LIFE_EVERY_MS) return
    lifeLookedMs = nowMs
    const needed = core !== null || [...watches.values()].some((watch) => watch.anyAlive())
    if (needed) neededMs = nowMs
    else if (nowMs - neededMs >= parts.lingerMs) parts.onUnneeded()
  }

  const tick = (): void => {
    ticks++
    const nowMs = monotonicMs()
    newest = parts.readings.take(
      nowMs,
      waitedMs < REST_TICK_MS ? 'near' : pauseMs > REST_TICK_MS ? 'far' : 'calm'
    )
    for (const watch of watches.values()) watch.step(newest)
    if (newest !== null) {
      const level = watches.get('main')?.decision?.level ?? 'calm'
      parts.blackBox.add(parts.nowMs(), nowMs, newest, level)
    }
    report(nowMs)
    lookAtLife(nowMs)
  }

  const highestBoundBytes = (): number =>
    Math.max(0, ...[...watches.values()].map((watch) => watch.reserveBytes))

  const run = (): void => {
    if (disposed) return
    try {
      tick()
      waitedMs = Math.min(REST_TICK_MS, ...[...watches.values()].map((watch) => watch.paceMs()))
      pauseMs = newest === null ? waitedMs : restMs(waitedMs, newest.availableBytes - highestBoundBytes())
    } catch (error) {
      // Whatever it is, the next look must come.
      pauseMs = REST_TICK_MS
      parts.log(`a look failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    }
    clearTimeout(timer)
    if (!disposed) timer = setTimeout(run, pauseMs)
  }

  const arm = (message: Extract<ToSentinel, { type: 'arm' }>): void => {
    armSequence = message.sequence
    const wanted = new Set(message.watches.map((watch) => watch.id))
    for (const [id, watch] of watches) {
      if (wanted.has(id)) continue
      watch.thaw('The guard does not look after it any more, so it runs on.')
      watch.dispose()
      watches.delete(id)
    }
    for (const watch of message.watches) {
      const running = watches.get(watch.id)
      if (running === undefined) watches.set(watch.id, createWatch(watch, watchParts))
      else running.update(watch)
    }
    parts.blackBox.holders(message.holders)
    // What was armed must be seen at once: a fall may be under way.
    run()
  }

  const greet = (link: CoreLink, message: Extract<ToSentinel, { type: 'hello' }>): void => {
    const before = core
    core = { link, pid: message.pid, startTicks: message.startTicks }
    if (before !== null && before.link !== link) before.link.dispose()
    coreGroup = statOf(message.pid)?.groupId ?? -1
    parts.blackBox.open(message.blackBoxPath)
    send({ type: 'welcome', protocol: SENTINEL_PROTOCOL, pid: process.pid })
    for (const event of ring.pending()) send({ type: 'event', event })
    stateSent = ''
    report(monotonicMs())
  }

  const receive = (link: CoreLink, peer: Peer | null, message: ToSentinel): void => {
    if (message.type === 'hello') {
      const refusal = refusalOf(peer, message.pid, process.getuid?.() ?? 0)
      if (refusal === null) greet(link, message)
      else {
        parts.log(`a core was refused: ${refusal}`)
        link.dispose()
      }
      return
    }
    // Orders come from the newest core alone.
    if (core?.link !== link) return
    if (message.type === 'arm') arm(message)
    else if (message.type === 'answer') {
      watches.get(message.watchId)?.answer(message.victimId, message.choice)
      run()
    } else if (message.type === 'ack') ring.acknowledge(message.sequence)
    else parts.log('the core ends in good order')
  }

  timer = setTimeout(run, 0)
  return {
    tick,
    connect(socket) {
      if (disposed) {
        socket.destroy()
        return
      }
      const peer = peerOf(parts.kernel, socket)
      const link = linkCore(socket, {
        onMessage: (message) => receive(link, peer, message),
        onMalformed: () => {
          malformed++
          parts.log(`a message was not understood (${malformed} so far)`)
        },
        onClose: () => {
          links.delete(link)
          if (core?.link !== link) return
          core = null
          // With nobody armed it ends with its core, else it looks after them.
          const alive = [...watches.values()].some((watch) => watch.anyAlive())
          if (!alive && !disposed) parts.onUnneeded()
        }
      })
      links.add(link)
    },
    dispose() {
      if (disposed) return
      disposed = true
      clearTimeout(timer)
      // Nobody would ask about them any more; told before the connection is let go.
      for (const watch of watches.values()) watch.thaw('The sentinel ends, so it runs on.')
      for (const link of links) link.dispose()
      for (const watch of watches.values()) watch.dispose()
    }
  }
}

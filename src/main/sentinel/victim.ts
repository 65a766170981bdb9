import fs from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { assertNever } from '../../shared/util/assert-never.ts'
import type { Disposable } from '../../shared/util/disposable.ts'
import { cgroupMembers, findFamily } from './family.ts'
import { SIGNAL, type Kernel, type Signal } from './kernel.ts'
import { holdProcess, statOf, type ProcessHandle } from './process-handle.ts'
import { hasEnded } from './process-stat.ts'
import type { ArmedProcess, ArmedVictim } from './protocol.ts'
import { mayBeStopped } from './rightful.ts'
import type { SparedNames } from './spared-names.ts'

/** A tree that forks against being stopped is followed for this many looks; each finds what the last one missed. */
const MAX_ROUNDS = 16

/** A look at every process takes 10 ms with 500 of them; the driver may hold a big one for seconds. */
const SWEEP_EVERY_MS = 250

/** A scope made for one run, or a container's group; another one is never ended as a whole. */
const OWN_CGROUP =
  /\/firebreak-[^/]+\.scope$|\/(?:docker-|libpod-|crio-|cri-containerd-|docker\/)[0-9a-f]{12,64}(?:\.scope)?$/

/** A look costs 10 µs; the core tells new processes about once a second anyway. */
const LOOK_EVERY_MS = 500

export type VictimState = 'running' | 'frozen' | 'ending' | 'gone'
export type VictimAct = 'freeze' | 'thaw' | 'terminate' | 'kill'

/** What a set of signals did. */
export interface ActReport {
  readonly sent: number
  readonly refused: number
  /** When the first signal had been delivered, on the monotonic clock; null: none was. */
  readonly firstSignalMs: number | null
}

/** What every victim needs of its surroundings. */
export interface VictimParts {
  readonly kernel: Kernel
  readonly monotonicMs: () => number
  /** Pids that are never touched: init, this process, its core. */
  readonly forbidden: (pid: number) => boolean
  /** Process groups that are never taken as a victim's. */
  readonly forbiddenGroup: (groupId: number) => boolean
}

/** Somebody armed, held by descriptors: to be looked at and signalled without an open. */
export interface Victim extends Disposable {
  readonly armed: ArmedVictim
  /** The core's newest list; who is not on it any more is let go unless an act is under way. */
  update(armed: ArmedVictim, spares: SparedNames): void
  /**
   * Looks at the names of its processes as they are now; one may have become another program since it was armed.
   * True: none of it may be touched unless an act is under way.
   */
  isSpared(): boolean
  state(): VictimState
  /** Whether its processes may be signalled. */
  reach(): 'all' | 'some' | 'none'
  readonly pids: readonly number[]
  /** What the guard did to it and has not undone. */
  readonly underAct: boolean
  /** The guard froze it and has not undone it, whatever is observed of each of its processes. */
  readonly isFrozen: boolean
  /** What an earlier sentinel did to it, which this one goes on with. */
  resume(stage: 'frozen' | 'terminated' | 'killed'): void
  act(kind: VictimAct): ActReport
  /** While it ends: finds children born since, and kills them once it was killed; nothing otherwise. */
  sweep(): void
  /** None of these processes is one it has or had: the same name, another run. */
  isOther(armed: ArmedVictim): boolean
}

const keyOf = (process: ArmedProcess): string => `${process.pid}:${process.startTicks}`

export function createVictim(first: ArmedVictim, firstSpares: SparedNames, parts: VictimParts): Victim {
  const { kernel } = parts
  let armed = first
  let spares = firstSpares
  let done: 'nothing' | 'frozen' | 'terminated' | 'killed' = 'nothing'
  let groupLeaders: ReadonlySet<number> = new Set()
  let sweptAtMs = Number.NEGATIVE_INFINITY
  let someLived = true
  let lookedAtMs = Number.NEGATIVE_INFINITY
  let seen: VictimState = 'running'
  /** Ended under an act, for ever: whoever comes up under its name or in its control group is another run. */
  let isOver = false
  /** Of the newest list somebody lives whom this process may not stop. */
  let refusedSome = false
  /** One of those listed has a name that is left alone. */
  let hasSpared = false
  /** End of the last act, in ticks since boot: who started later and has no parent here is not its own. */
  let actTicks = Number.POSITIVE_INFINITY
  const held = new Map<string, ProcessHandle>()

  const hold = (pid: number, startTicks: number | null): ProcessHandle | null => {
    if (parts.forbidden(pid)) return null
    const handle = holdProcess(kernel, pid, startTicks)
    if (handle === null) return null
    const { name, ownerUid } = handle
    const isSpared = spares(name)
    hasSpared ||= isSpared && startTicks !== null
    if (isSpared || !mayBeStopped({ name, ownerUid, cgroup: cgroupOf(pid) }, process.getuid?.() ?? -1)) {
      handle.dispose()
      refusedSome = true
      return null
    }
    const key = keyOf(handle)
    const known = held.get(key)
    if (known !== undefined) {
      handle.dispose()
      return known
    }
    held.set(key, handle)
    return handle
  }

  const alive = (): readonly ProcessHandle[] => {
    const living: ProcessHandle[] = []
    for (const [key, handle] of held) {
      if (handle.look() !== null) living.push(handle)
      else {
        handle.dispose()
        held.delete(key)
      }
    }
    return living
  }

  const findSpared = (): boolean => {
    for (const handle of held.values()) {
      const name = handle.look()?.name
      if (name !== undefined && spares(name)) hasSpared = true
    }
    return hasSpared
  }

  const update = (next: ArmedVictim, nextSpares: SparedNames): void => {
    if (isOver) return
    armed = next
    spares = nextSpares
    refusedSome = false
    hasSpared = false
    lookedAtMs = Number.NEGATIVE_INFINITY
    groupLeaders = new Set(
      next.groupLeaders.map(({ pid }) => pid).filter((pid) => !parts.forbiddenGroup(pid))
    )
    const wanted = new Set(next.processes.map(keyOf))
    for (const item of next.processes) if (!held.has(keyOf(item))) hold(item.pid, item.startTicks)
    if (done !== 'nothing') return
    for (const [key, handle] of held) {
      if (wanted.has(key)) continue
      handle.dispose()
      held.delete(key)
    }
  }

  /** A group's number is its leader's pid, and nobody else's as long as a known process is in it. */
  const groupIds = (): ReadonlySet<number> => {
    const ids = [...held.values()].map((handle) => handle.look()?.groupId ?? -1)
    return new Set(ids.filter((id) => groupLeaders.has(id)))
  }

  const look = (): VictimState => {
    if (isOver) return 'gone'
    let someLive = false
    for (const [key, handle] of held) {
      const stat = handle.look()
      if (stat === null) {
        handle.dispose()
        held.delete(key)
        continue
      }
      someLive = true
      if (done === 'terminated' || done === 'killed') return 'ending'
      // One that runs is enough: a look at each of hundreds would cost more than all the rest of a tick.
      if (stat.state !== 'T') return 'running'
    }
    if (!someLive && done === 'frozen') isOver = true
    return someLive ? 'frozen' : 'gone'
  }

  const findMore = (thorough: boolean): readonly ProcessHandle[] => {
    const known = alive()
    const cgroupDir = armed.cgroupDir
    const roots = { known, groupIds: groupIds(), cgroupDir, newestTicks: actTicks }
    const pids = findFamily(roots, parts.forbidden, thorough)
    return pids.map((pid) => hold(pid, null)).filter((handle) => handle !== null)
  }

  /** The kernel would end everybody in it: nobody may be there who could not be signalled one by one. */
  const mayKillCgroup = (): boolean => {
    const dir = armed.cgroupDir
    if (dir === null || !OWN_CGROUP.test(dir)) return false
    const known = new Set([...held.values()].map(({ pid }) => pid))
    return cgroupMembers(dir).every((pid) => {
      if (known.has(pid)) return true
      const stat = statOf(pid)
      return stat === null || hasEnded(stat) || hold(pid, null) !== null
    })
  }

  const act = (kind: VictimAct): ActReport => {
    let sent = 0
    let refused = 0
    let firstSignalMs: number | null = null
    lookedAtMs = Number.NEGATIVE_INFINITY
    isOver ||= done !== 'nothing' && alive().length === 0
    if (isOver || (done === 'nothing' && hasSpared)) return { sent, refused, firstSignalMs }
    actTicks = Number.POSITIVE_INFINITY
    const send = (handles: readonly ProcessHandle[], signal: Signal): void => {
      for (const handle of handles) {
        const outcome = handle.signal(signal)
        if (outcome === 'refused') refused++
        if (outcome !== 'sent') continue
        sent++
        firstSignalMs ??= parts.monotonicMs()
      }
    }
    // Everybody stands still before anybody ends: no child is born unseen or loses the parent it is found by.
    const stopAll = (): void => {
      send([...held.values()], SIGNAL.stop)
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const more = findMore(false)
        if (more.length === 0) return
        send(more, SIGNAL.stop)
      }
    }
    switch (kind) {
      case 'thaw':
        done = 'nothing'
        send([...held.values()], SIGNAL.continue)
        break
      case 'freeze':
        done = 'frozen'
        stopAll()
        send(findMore(true), SIGNAL.stop)
        break
      case 'terminate':
        done = 'terminated'
        stopAll()
        findMore(true)
        // A stopped process acts on SIGTERM only when it goes on.
        send(alive(), SIGNAL.terminate)
        send(alive(), SIGNAL.continue)
        break
      case 'kill':
        // The long look comes after: those known hold the memory.
        done = 'killed'
        send([...held.values()], SIGNAL.stop)
        send([...held.values()], SIGNAL.kill)
        if (mayKillCgroup()) killCgroup(armed.cgroupDir)
        send(findMore(true), SIGNAL.kill)
        break
      default:
        assertNever(kind)
    }
    actTicks = ticksSinceBoot()
    return { sent, refused, firstSignalMs }
  }

  update(first, firstSpares)
  return {
    get armed() {
      return armed
    },
    get pids() {
      return [...held.values()].map((handle) => handle.pid)
    },
    get underAct() {
      return done !== 'nothing'
    },
    get isFrozen() {
      return done === 'frozen'
    },
    resume(stage) {
      done = stage
      actTicks = ticksSinceBoot()
    },
    update,
    isSpared: findSpared,
    act,
    state() {
      const nowMs = parts.monotonicMs()
      // While nothing is done to it, its end only saves a place in the order.
      if (done === 'nothing' && nowMs - lookedAtMs < LOOK_EVERY_MS) return seen
      lookedAtMs = nowMs
      seen = look()
      return seen
    },
    reach() {
      if (hasSpared && done === 'nothing') return 'none'
      const reachable = [...held.values()].filter((handle) => handle.reachable).length
      if (held.size === 0 && refusedSome) return 'none'
      return reachable === held.size && !refusedSome ? 'all' : reachable > 0 ? 'some' : 'none'
    },
    sweep() {
      if (isOver || (done !== 'terminated' && done !== 'killed')) return
      const living = alive()
      const nowMs = parts.monotonicMs()
      // With nobody left known the last look comes at once.
      if (nowMs - sweptAtMs < SWEEP_EVERY_MS && (living.length > 0 || !someLived)) return
      sweptAtMs = nowMs
      someLived = living.length > 0
      const more = findMore(true)
      isOver = living.length + more.length === 0
      if (done === 'killed') for (const handle of [...living, ...more]) handle.signal(SIGNAL.kill)
    },
    isOther(next) {
      const mine = new Set([...held.keys(), ...armed.processes.map(keyOf)])
      return next.processes.length > 0 && !next.processes.some((item) => mine.has(keyOf(item)))
    },
    dispose() {
      for (const handle of held.values()) handle.dispose()
      held.clear()
    }
  }
}

/** USER_HZ, in which the kernel tells times; 100 on x64 and arm64. */
const TICKS_PER_S = 100

/** As processes' start times count, suspension included; Infinity where it cannot be read. */
function ticksSinceBoot(): number {
  try {
    const seconds = Number(fs.readFileSync('/proc/uptime', 'latin1').split(' ')[0])
    return Number.isFinite(seconds) ? Math.ceil(seconds * TICKS_PER_S) : Number.POSITIVE_INFINITY
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

function cgroupOf(pid: number): string | null {
  try {
    return /^0::(\/.*)$/m.exec(fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? null
  } catch {
    return null
  }
}

/** The kernel ends the whole group at once, new-born children included; not ours to write for another user's. */
function killCgroup(dir: string | null): void {
  if (dir === null) return
  try {
    const fd = fs.openSync(join(dir, 'cgroup.kill'), fs.constants.O_WRONLY)
    try {
      fs.writeSync(fd, '1')
    } finally {
      fs.closeSync(fd)
    }
  } catch {
    // Older than Linux 5.14, or refused: the signals do it.
  }
}

import fs from 'node:fs'
import type { Disposable } from '../../shared/util/disposable.ts'
import { SIGNAL, type Kernel, type Signal, type SignalOutcome } from './kernel.ts'
import { hasEnded, parseProcessStat, type ProcessStat } from './process-stat.ts'

// A stat line is below 400 bytes: 52 numbers and a name of 15.
const STAT_BYTES = 1024
/** One for all: a look is over before the next begins. */
const buffer = Buffer.allocUnsafeSlow(STAT_BYTES)

/** One process, held by descriptors that can never mean another, however often its pid is reused. */
export interface ProcessHandle extends Disposable {
  readonly pid: number
  readonly startTicks: number
  /** As it was when taken hold of. */
  readonly name: string
  readonly ownerUid: number | null
  /** null: it has ended. */
  look(): ProcessStat | null
  /** Looks first: a process that has ended is 'gone'. */
  signal(signal: Signal): SignalOutcome
  /** Whether a signal would be allowed. */
  readonly reachable: boolean
}

/** /proc/PID/stat through a kept descriptor; the kernel answers ESRCH once that process is gone. */
export function readStat(fd: number): ProcessStat | null {
  try {
    const length = fs.readSync(fd, buffer, 0, STAT_BYTES, 0)
    return parseProcessStat(buffer, length)
  } catch {
    return null
  }
}

/** Whoever has this pid now; null when nobody has. */
export function statOf(pid: number): ProcessStat | null {
  let fd: number
  try {
    fd = fs.openSync(`/proc/${pid}/stat`, 'r')
  } catch {
    return null
  }
  const stat = readStat(fd)
  fs.closeSync(fd)
  return stat
}

/** Its real user, who may differ from the files' owner: those of a process that cannot be dumped are root's. */
function ownerOf(pid: number): number | null {
  try {
    const uid = /^Uid:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]
    return uid === undefined ? null : Number(uid)
  } catch {
    return null
  }
}

/**
 * Takes hold of a process; null when it is gone or is another one than `startTicks` says (null: whoever it is).
 *
 * The file is opened before the pidfd and read after it: as the file's process was still there then, the pidfd is
 * the same process.
 */
export function holdProcess(kernel: Kernel, pid: number, startTicks: number | null): ProcessHandle | null {
  let fd: number
  try {
    fd = fs.openSync(`/proc/${pid}/stat`, 'r')
  } catch {
    return null
  }
  const pidfd = kernel.pidfdOpen(pid)
  let closed = false
  const dispose = (): void => {
    if (closed) return
    closed = true
    fs.closeSync(fd)
    if (pidfd >= 0) fs.closeSync(pidfd)
  }
  // Before the last look at the identity: so it is that process's.
  const ownerUid = ownerOf(pid)
  const first = readStat(fd)
  if (first === null || hasEnded(first) || (startTicks !== null && first.startTicks !== startTicks)) {
    dispose()
    return null
  }
  const look = (): ProcessStat | null => {
    const stat = closed ? null : readStat(fd)
    return stat === null || hasEnded(stat) ? null : stat
  }
  return {
    pid,
    startTicks: first.startTicks,
    name: first.name,
    ownerUid,
    reachable: kernel.signal(pid, pidfd, SIGNAL.probe) !== 'refused',
    look,
    signal: (signal) => (look() === null ? 'gone' : kernel.signal(pid, pidfd, signal)),
    dispose
  }
}

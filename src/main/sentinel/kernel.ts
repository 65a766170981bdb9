import fs from 'node:fs'
import koffi from 'koffi'

// System call numbers, the same on x64 and arm64 (asm-generic/unistd.h); both calls since Linux 5.3.
const SYS_PIDFD_SEND_SIGNAL = 424
const SYS_PIDFD_OPEN = 434

// errno.h
const EPERM = 1
const ESRCH = 3

/** linux/mman.h. Only what is or becomes resident; without it all 120 MiB of Node's program would be read in. */
const MLOCK_ONFAULT = 1

// asm-generic/socket.h
const SOL_SOCKET = 1
const SO_PEERCRED = 17
/** struct ucred: pid, uid and gid, of four bytes each. */
const UCRED_BYTES = 12
const UID_AT = 4

/** signal(7), the same numbers on x64 and arm64. 0: only asks whether it would be allowed. */
export const SIGNAL = { probe: 0, kill: 9, terminate: 15, continue: 18, stop: 19 } as const
export type Signal = (typeof SIGNAL)[keyof typeof SIGNAL]

/** refused: it belongs to somebody whose processes this one may not signal. */
export type SignalOutcome = 'sent' | 'gone' | 'refused'

/** Who opened a connection, as the kernel noted it then. */
export interface Peer {
  /** 0: of another pid namespace. */
  readonly pid: number
  readonly uid: number
}

/** The system calls Node does not have; each with a way out where the library is missing. */
export interface Kernel {
  /** A descriptor that is this very process for ever; -1 where the kernel has none. */
  pidfdOpen(pid: number): number
  signal(pid: number, pidfd: number, signal: Signal): SignalOutcome
  /** Keeps these pages in memory. null when done; else the system's error number, or 'no-library'. */
  lockPages(start: number, bytes: number): number | 'no-library' | null
  /** Who connected to this socket; null where it cannot be asked. */
  peerOf(fd: number): Peer | null
  /** False: signals go by pid, after a look at the start time. */
  readonly hasPidfd: boolean
}

const outcomeOf = (code: number): SignalOutcome => (code === EPERM ? 'refused' : 'gone')

function byPid(pid: number, signal: Signal): SignalOutcome {
  try {
    process.kill(pid, signal)
    return 'sent'
  } catch (error) {
    const code: unknown = error instanceof Error && 'code' in error ? error.code : null
    return code === 'EPERM' ? 'refused' : 'gone'
  }
}

const WITHOUT_LIBRARY: Kernel = {
  pidfdOpen: () => -1,
  signal: (pid, _pidfd, signal) => byPid(pid, signal),
  lockPages: () => 'no-library',
  peerOf: () => null,
  hasPidfd: false
}

/** Binds them once, at start: a lookup on the path would touch the disk. */
export function loadKernel(): Kernel {
  try {
    const libc = koffi.load(null)
    const syscall = libc.func('long syscall(long number, long a, long b, void *c, long d)')
    const mlock2 = libc.func('int mlock2(size_t start, size_t bytes, int flags)')
    const getsockopt = libc.func('int getsockopt(int fd, int level, int name, void *value, void *length)')
    const own = Number(syscall(SYS_PIDFD_OPEN, process.pid, 0, null, 0))
    if (own >= 0) fs.closeSync(own)
    return {
      pidfdOpen: (pid) => Number(syscall(SYS_PIDFD_OPEN, pid, 0, null, 0)),
      signal(pid, pidfd, signal) {
        if (pidfd < 0) return byPid(pid, signal)
        if (Number(syscall(SYS_PIDFD_SEND_SIGNAL, pidfd, signal, null, 0)) === 0) return 'sent'
        const code = koffi.errno()
        // A seccomp filter that does not know the call: the pid is still the same process, its file was just read.
        return code === EPERM || code === ESRCH ? outcomeOf(code) : byPid(pid, signal)
      },
      lockPages: (start, bytes) => (mlock2(start, bytes, MLOCK_ONFAULT) === 0 ? null : koffi.errno()),
      peerOf(fd) {
        const credentials = Buffer.alloc(UCRED_BYTES)
        const length = Buffer.alloc(Int32Array.BYTES_PER_ELEMENT)
        length.writeInt32LE(UCRED_BYTES)
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, length) !== 0) return null
        return { pid: credentials.readInt32LE(0), uid: credentials.readUInt32LE(UID_AT) }
      },
      hasPidfd: own >= 0
    }
  } catch {
    return WITHOUT_LIBRARY
  }
}

import fs from 'node:fs'
import os from 'node:os'
import type { SentinelStatus } from '../../shared/model/guard.ts'
import type { Kernel } from './kernel.ts'
import { lockableRanges } from './lockable.ts'

/** Before every program of a usual desktop (nice 0): 60 times their share of a processor. */
const NICE = -20
/** Below everything but -1000: the kernel ends this process only when nothing else is left. */
const OOM_SCORE_ADJ = -900
// linux/capability.h
const CAP_KILL = 5n
const CAP_IPC_LOCK = 14n
/** What this process got of what it asked for. */
export type Rights = Pick<SentinelStatus, 'rights' | 'memoryLocked' | 'priorityRaised' | 'notes'>

function read(path: string): string {
  try {
    return fs.readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

const hasCapability = (effective: bigint, bit: bigint): boolean => ((effective >> bit) & 1n) === 1n

/** Soft limit of locked memory in bytes; Infinity where there is none. */
function lockLimitBytes(): number {
  const soft = /^Max locked memory +(\S+)/m.exec(read('/proc/self/limits'))?.[1]
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft ?? 0)
}

/**
 * Locks the program, its libraries, its stack and its C heap: what the kernel drops first when memory is short, and what
 * would have to be read from a busy disk on the path. Never all of it (mlockall): V8 gives pages of its own heap back with
 * MADV_DONTNEED, which fails on locked pages, and V8 ends the process when it does. That heap stays in memory by the unit's
 * MemorySwapMax=0, or by being touched several times a second.
 */
function lockMemory(kernel: Kernel, mayLockAll: boolean): string | null {
  const ranges = lockableRanges(read('/proc/self/maps'))
  const limit = lockLimitBytes()
  const wantedBytes = ranges.reduce((sum, range) => sum + range.bytes, 0)
  const effect = 'Where the disk is slow, it may act late.'
  if (ranges.length === 0)
    return `Its program is not locked in memory: /proc/self/maps cannot be read. ${effect}`
  if (!mayLockAll && limit < wantedBytes) {
    const mib = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`
    return `Its program is not locked in memory: the limit (RLIMIT_MEMLOCK) is ${mib(limit)}, and it takes ${mib(wantedBytes)}. ${effect}`
  }
  for (const { start, bytes } of ranges) {
    const refused = kernel.lockPages(start, bytes)
    if (refused === null) continue
    const why = refused === 'no-library' ? 'koffi cannot be loaded' : `error ${refused}`
    return `Its program is not locked in memory (${why}). ${effect}`
  }
  return null
}

function raisePriority(): string | null {
  try {
    os.setPriority(NICE)
    return null
  } catch {
    return 'Its priority is not raised: that needs CAP_SYS_NICE. With many busy programs it may act later.'
  }
}

function guardFromKernel(): string | null {
  try {
    const now = Number(read('/proc/self/oom_score_adj'))
    if (now > OOM_SCORE_ADJ) fs.writeFileSync('/proc/self/oom_score_adj', String(OOM_SCORE_ADJ))
    return null
  } catch {
    return 'Its oom_score_adj is not lowered: that needs CAP_SYS_RESOURCE. The kernel may end it like any small program.'
  }
}

/** Takes what the limits allow, and says what they do not. Nothing of it is needed to act. */
export function takeRights(kernel: Kernel): Rights {
  const status = read('/proc/self/status')
  const effective = BigInt(`0x${/^CapEff:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  const system = hasCapability(effective, CAP_KILL)
  const lock = lockMemory(kernel, hasCapability(effective, CAP_IPC_LOCK))
  const priority = raisePriority()
  const oom = guardFromKernel()
  const pidfd = kernel.hasPidfd ? null : 'Signals go by pid, as the kernel or koffi offers no pidfd.'
  const reach = system ? null : 'It runs as you: containers and programs of other users are out of its reach.'
  return {
    rights: system ? 'system' : 'user',
    memoryLocked: lock === null,
    priorityRaised: priority === null,
    notes: [reach, lock, priority, oom, pidfd].filter((note) => note !== null)
  }
}

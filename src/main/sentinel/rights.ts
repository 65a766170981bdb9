import fs from 'node:fs'
import os from 'node:os'
import type { SentinelStatus } from '../../shared/model/guard.ts'
import type { Kernel } from './kernel.ts'

/** Before every program of a usual desktop (nice 0): 60 times their share of a processor. */
const NICE = -20
/** Below everything but -1000: the kernel ends this process only when nothing else is left. */
const OOM_SCORE_ADJ = -900
// linux/capability.h
const CAP_KILL = 5n
const CAP_IPC_LOCK = 14n
/**
 * What Node may still map when a limit holds: buffers, thread stacks and pages of its heap. With MCL_FUTURE a mapping
 * beyond the limit fails, and that would end this process in the very moment it is for.
 */
const LOCK_SLACK_BYTES = 1024 ** 3
const KIB = 1024

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

function lockMemory(kernel: Kernel, mayLockAll: boolean, status: string): string | null {
  const mappedBytes = Number(/^VmSize:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.POSITIVE_INFINITY) * KIB
  const limit = lockLimitBytes()
  if (!mayLockAll && limit < mappedBytes + LOCK_SLACK_BYTES) {
    const mib = Math.round(limit / 1024 ** 2)
    return `Its memory is not locked: the limit (RLIMIT_MEMLOCK) is ${mib} MiB. Where there is swap, or the disk is slow, it may act late.`
  }
  const refused = kernel.lockMemory()
  if (refused === null) return null
  const why = refused === 'no-library' ? 'koffi cannot be loaded' : `error ${refused}`
  return `Its memory is not locked (${why}). Where there is swap, or the disk is slow, it may act late.`
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
  const lock = lockMemory(kernel, hasCapability(effective, CAP_IPC_LOCK), status)
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

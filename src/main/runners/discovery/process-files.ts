import { open, readdir, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import { identityKey } from '../supervisor/identity.ts'

/** Launch lines of model servers are below 4 KiB; what is longer is cut. */
const COMMAND_LINE_BYTES = 16_384
/** One line per cgroup hierarchy, thirteen of them at most on hybrid systems. */
const CGROUP_BYTES = 8_192
const STAT_BYTES = 1_024
/** A row is 150 bytes: about 14 000 sockets. */
const SOCKET_TABLE_BYTES = 2_097_152
/** Most files are shorter; longer ones are read in ever larger pieces. */
const FIRST_READ_BYTES = 2_048
/** Of a process: servers hold hundreds. */
const MAX_DESCRIPTORS = 4_096
/** Files of /proc answer in microseconds, but a process that hangs in the kernel with its memory locked answers never. */
const READ_DEADLINE_MS = 500
/**
 * A program may write over its own command line, or become another one of the same name; both are rare, so that what
 * was read is believed this long, and a little longer by pid, so that not all are read again in one look.
 */
const BELIEVED_MS = 15_000
const BELIEVED_LONGER_MS = 1_000
const BELIEVED_SPREAD = 16

/** What discovery reads below /proc. Every read has a bound in bytes and time; null: gone, not allowed, or no answer. */
export interface ProcessFiles {
  commandLine(process: ProcessInfo, nowMs: number): Promise<readonly string[] | null>
  /** The whole text of /proc/PID/cgroup. */
  cgroup(process: ProcessInfo, nowMs: number): Promise<string | null>
  hasTerminal(pid: number): Promise<boolean>
  link(pid: number, name: 'cwd' | 'exe' | 'ns/net'): Promise<string | null>
  /** Null where the descriptors may not be read: another user's. */
  socketInodes(pid: number): Promise<ReadonlySet<string> | null>
  socketTable(name: 'tcp' | 'tcp6'): Promise<string>
  userId(pid: number): Promise<number | null>
  environment(pid: number): Promise<readonly string[]>
  /** Forgets who is gone. */
  keepOnly(processes: readonly ProcessInfo[]): void
}

interface Kept {
  readonly name: string
  readonly readAtMs: number
  readonly value: string | null
}

export function createProcessFiles(procRoot: string): ProcessFiles {
  const commandLines = new Map<string, Kept>()
  const cgroups = new Map<string, Kept>()
  /** Whose last read has not come back in time: each holds a thread, so that no more are begun. */
  const hanging = new Set<number>()

  const guarded = async <T>(pid: number, read: () => Promise<T>): Promise<T | null> => {
    if (hanging.has(pid)) return null
    const reading = read()
      .catch(() => null)
      .finally(() => hanging.delete(pid))
    return within(READ_DEADLINE_MS, reading, () => hanging.add(pid))
  }
  const path = (pid: number, ...names: readonly string[]): string => join(procRoot, String(pid), ...names)
  const text = (pid: number, name: string, maxBytes: number): Promise<string | null> =>
    guarded(pid, () => readBounded(path(pid, name), maxBytes))

  const kept = async (
    cache: Map<string, Kept>,
    process: ProcessInfo,
    nowMs: number,
    read: () => Promise<string | null>
  ): Promise<string | null> => {
    const key = identityKey(process)
    const known = cache.get(key)
    const believedMs = BELIEVED_MS + (process.pid % BELIEVED_SPREAD) * BELIEVED_LONGER_MS
    if (known?.name === process.name && nowMs - known.readAtMs < believedMs) return known.value
    const value = await read()
    cache.set(key, { name: process.name, readAtMs: nowMs, value })
    return value
  }

  return {
    async commandLine(process, nowMs) {
      const raw = await kept(commandLines, process, nowMs, () =>
        text(process.pid, 'cmdline', COMMAND_LINE_BYTES)
      )
      return raw === null || raw === '' ? null : splitCommandLine(raw)
    },
    cgroup: (process, nowMs) =>
      kept(cgroups, process, nowMs, () => text(process.pid, 'cgroup', CGROUP_BYTES)),
    async hasTerminal(pid) {
      const stat = (await text(pid, 'stat', STAT_BYTES)) ?? ''
      // After the name: state, parent, group, session, terminal (0: none).
      const terminal = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[4] ?? '0'
      return terminal !== '0'
    },
    link: (pid, name) => guarded(pid, () => readlink(path(pid, name))),
    socketInodes: (pid) =>
      guarded(pid, async () => {
        const inodes = new Set<string>()
        for (const fd of (await readdir(path(pid, 'fd'))).slice(0, MAX_DESCRIPTORS)) {
          const target = await readlink(path(pid, 'fd', fd)).catch(() => '')
          if (target.startsWith('socket:[')) inodes.add(target.slice('socket:['.length, -1))
        }
        return inodes
      }),
    async socketTable(name) {
      const reading = readBounded(join(procRoot, 'net', name), SOCKET_TABLE_BYTES).catch(() => '')
      return (await within(READ_DEADLINE_MS, reading)) ?? ''
    },
    userId: (pid) => guarded(pid, async () => (await stat(path(pid))).uid),
    environment: async (pid) => ((await text(pid, 'environ', COMMAND_LINE_BYTES)) ?? '').split('\0'),
    keepOnly(processes) {
      const alive = new Set(processes.map(identityKey))
      for (const cache of [commandLines, cgroups]) {
        for (const key of cache.keys()) if (!alive.has(key)) cache.delete(key)
      }
    }
  }
}

/** A program that writes its title over its arguments leaves one text, padded; servers of vLLM and SGLang do. */
export function splitCommandLine(raw: string): readonly string[] {
  const items = raw.replace(/\0+$/, '').split('\0')
  return items.length === 1 ? [(items[0] ?? '').trim()] : items
}

async function readBounded(path: string, maxBytes: number): Promise<string> {
  const file = await open(path, 'r')
  try {
    const parts: Buffer[] = []
    let left = maxBytes
    for (let size = FIRST_READ_BYTES; left > 0; size *= 2) {
      const buffer = Buffer.allocUnsafe(Math.min(size, left))
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null)
      if (bytesRead === 0) break
      parts.push(buffer.subarray(0, bytesRead))
      left -= bytesRead
    }
    return Buffer.concat(parts).toString('utf8')
  } finally {
    await file.close()
  }
}

function within<T>(ms: number, work: Promise<T>, onLate?: () => void): Promise<T | null> {
  const { promise, resolve } = Promise.withResolvers<T | null>()
  const timer = setTimeout(() => {
    onLate?.()
    resolve(null)
  }, ms)
  void work.then(resolve, () => resolve(null)).finally(() => clearTimeout(timer))
  return promise
}

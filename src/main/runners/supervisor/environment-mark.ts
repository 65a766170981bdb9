import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessInfo } from '../../../shared/model/snapshot.ts'

/**
 * Set in a runner's environment and inherited by all it starts, so that a process that forked twice, left the
 * group and was never seen in between can still be told to be the runner's.
 */
export const MARK_VARIABLE = 'FIREBREAK_RUNNER'
/** 48 bits: no two of a user's folders collide. */
const FOLDER_HASH_CHARACTERS = 12

/** Names a launch: whose profile, of which data folder (two may have profiles of one name), and which run. */
export const newMark = (id: string, dataDir: string): string => `${markStem(id, dataDir)}${randomUUID()}`

/** What every mark of this profile in this data folder begins with. */
export function markStem(id: string, dataDir: string): string {
  const folder = createHash('sha256').update(dataDir).digest('hex').slice(0, FOLDER_HASH_CHARACTERS)
  return `${id}:${folder}:`
}

/** The mark in a process's environment; null where there is none, or the process is another user's or gone. */
export function readMark(procRoot: string, pid: number): string | null {
  try {
    const entries = readFileSync(join(procRoot, String(pid), 'environ'), 'utf8').split('\0')
    const entry = entries.find((one) => one.startsWith(`${MARK_VARIABLE}=`))
    return entry?.slice(MARK_VARIABLE.length + 1) ?? null
  } catch {
    return null
  }
}

/** Which of these processes carry the mark; `sinceTicks` leaves out those that are older than the runner. */
export function findMarked(
  procRoot: string,
  processes: readonly ProcessInfo[],
  mark: string,
  sinceTicks: number
): ReadonlySet<number> {
  const wanted = Buffer.from(`${MARK_VARIABLE}=${mark}\0`)
  const found = new Set<number>()
  for (const { pid, startTicks } of processes) {
    if (startTicks < sinceTicks) continue
    try {
      if (readFileSync(join(procRoot, String(pid), 'environ')).includes(wanted)) found.add(pid)
    } catch {
      // another user's, or gone: not ours to end
    }
  }
  return found
}

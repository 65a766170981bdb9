import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** USER_HZ, in which /proc gives start times: 100 on every Linux that runs Node. */
export const MS_PER_TICK = 10

/** Since the boot, from which start times count; null where that cannot be read. */
export function uptimeMs(procRoot: string): number | null {
  try {
    const seconds = Number(readFileSync(join(procRoot, 'uptime'), 'utf8').split(' ')[0])
    return Number.isFinite(seconds) ? seconds * 1_000 : null
  } catch {
    return null
  }
}

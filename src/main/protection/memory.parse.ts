import type { Reading } from '../../shared/model/reading.ts'
import { keyLines, uintOf } from '../../shared/util/key-lines.ts'

export interface ConflictMemory {
  readonly memTotalBytes: Reading
  readonly availableBytes: Reading
  readonly anonBytes: Reading
}

const KIB = 1024

/** What of /proc/meminfo the other guards compute with. */
export function parseConflictMemory(text: string): ConflictMemory {
  const lines = keyLines(text)
  const size = (key: string): Reading => {
    const value = uintOf(lines, key)
    return value < 0 ? 'unknown' : value * KIB
  }
  return {
    memTotalBytes: size('MemTotal:'),
    availableBytes: size('MemAvailable:'),
    anonBytes: size('AnonPages:')
  }
}

import type { Reading } from '../../../shared/model/reading.ts'
import { keyLines, uintOf } from '../../../shared/util/key-lines.ts'

/** What of a process's resident memory is its own. All 'unknown' for kernel threads and zombies. */
export interface ProcessStatus {
  readonly anonBytes: Reading
  readonly shmemBytes: Reading
  readonly fileBytes: Reading
  /** Real user id. */
  readonly userId: number | null
}

const KIB = 1024

/** /proc/PID/status. The kernel escapes newlines in the name, so a line is a line. */
export function parseProcessStatus(bytes: Buffer): ProcessStatus {
  const lines = keyLines(bytes.toString('latin1'))
  const size = (key: string): Reading => {
    const value = uintOf(lines, key)
    return value < 0 ? 'unknown' : value * KIB
  }
  const userId = uintOf(lines, 'Uid:')
  return {
    userId: userId < 0 ? null : userId,
    anonBytes: size('RssAnon:'),
    fileBytes: size('RssFile:'),
    shmemBytes: size('RssShmem:')
  }
}

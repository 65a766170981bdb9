import type { Reading } from '../../../shared/model/reading.ts'
import { atEnd, byteScan, readUint, skipLine, skipText, wordTable } from '../../../shared/util/byte-scan.ts'

/** What of a process's resident memory is its own. All 'unknown' for kernel threads and zombies. */
export interface ProcessStatus {
  readonly anonBytes: Reading
  readonly shmemBytes: Reading
  readonly fileBytes: Reading
  /** Real user id. */
  readonly userId: number | null
}

const FIELDS = ['Uid', 'RssAnon', 'RssFile', 'RssShmem'] as const
const COLON = 58
const KIB = 1024
const table = wordTable(FIELDS, COLON)

/** /proc/PID/status. The kernel escapes newlines in the name, so a line is a line. */
export function parseProcessStatus(bytes: Uint8Array): ProcessStatus {
  const values = [-1, -1, -1, -1]
  const scan = byteScan(bytes)
  while (!atEnd(scan)) {
    const field = table.match(scan)
    if (field >= 0 && skipText(scan, ':')) values[field] = readUint(scan)
    if (field === FIELDS.length - 1) break
    skipLine(scan)
  }
  const [userId = -1, anonKib = -1, fileKib = -1, shmemKib = -1] = values
  const toBytes = (kib: number): Reading => (kib < 0 ? 'unknown' : kib * KIB)
  return {
    anonBytes: toBytes(anonKib),
    shmemBytes: toBytes(shmemKib),
    fileBytes: toBytes(fileKib),
    userId: userId < 0 ? null : userId
  }
}

import type { BuddyInfo } from '../../../shared/model/snapshot.ts'
import {
  atEnd,
  byteScan,
  readUint,
  skipBlanks,
  skipLine,
  skipText,
  skipWord
} from '../../../shared/util/byte-scan.ts'

/** /proc/buddyinfo ('Node 0, zone Normal 1584 989 …'), summed over nodes and zones; 'unknown' without a zone. */
export function parseBuddyInfo(bytes: Uint8Array): BuddyInfo | 'unknown' {
  const scan = byteScan(bytes)
  const freeBlocksByOrder: number[] = []
  while (!atEnd(scan)) {
    if (skipText(scan, 'Node ') && readUint(scan) >= 0 && skipText(scan, ', zone')) {
      skipBlanks(scan)
      skipWord(scan)
      for (let order = 0, blocks = readUint(scan); blocks >= 0; order++, blocks = readUint(scan)) {
        freeBlocksByOrder[order] = (freeBlocksByOrder[order] ?? 0) + blocks
      }
    }
    skipLine(scan)
  }
  return freeBlocksByOrder.length === 0 ? 'unknown' : { freeBlocksByOrder }
}

import type { Pressure, PressureLine } from '../../../shared/model/snapshot.ts'
import {
  atEnd,
  byteScan,
  readDecimal,
  readUint,
  skipBlanks,
  skipLine,
  skipText,
  type ByteScan
} from '../../../shared/util/byte-scan.ts'

function parseLine(scan: ByteScan): PressureLine | 'unknown' {
  skipBlanks(scan)
  const avg10Pct = skipText(scan, 'avg10=') ? readDecimal(scan) : -1
  skipBlanks(scan)
  const avg60Pct = skipText(scan, 'avg60=') ? readDecimal(scan) : -1
  skipBlanks(scan)
  const avg300Pct = skipText(scan, 'avg300=') ? readDecimal(scan) : -1
  skipBlanks(scan)
  const totalUs = skipText(scan, 'total=') ? readUint(scan) : -1
  if (avg10Pct < 0 || avg60Pct < 0 || avg300Pct < 0 || totalUs < 0) return 'unknown'
  return { avg10Pct, avg60Pct, avg300Pct, totalUs }
}

/** One file of /proc/pressure; 'unknown' without a whole 'some' line. */
export function parsePressure(bytes: Uint8Array): Pressure | 'unknown' {
  const scan = byteScan(bytes)
  let some: PressureLine | 'unknown' = 'unknown'
  let full: PressureLine | 'unknown' = 'unknown'
  while (!atEnd(scan)) {
    if (skipText(scan, 'some')) some = parseLine(scan)
    else if (skipText(scan, 'full')) full = parseLine(scan)
    skipLine(scan)
  }
  return some === 'unknown' ? 'unknown' : { some, full }
}

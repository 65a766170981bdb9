import { readUint, skipBlanks, skipWord, type ByteScan } from '../../shared/util/byte-scan.ts'

/** What of /proc/PID/stat tells who a process is and whether it still runs. */
export interface ProcessStat {
  /** R, S, D, T (stopped), Z (ended, not collected) … */
  readonly state: string
  readonly parentPid: number
  readonly groupId: number
  readonly threads: number
  readonly startTicks: number
  /** At most 15 bytes, as the kernel keeps it. */
  readonly name: string
}

const CLOSE_PARENTHESIS = 41
const OPEN_PARENTHESIS = 40

function skipFields(scan: ByteScan, count: number): void {
  for (let i = 0; i < count; i++) {
    skipBlanks(scan)
    skipWord(scan)
  }
}

/** null when the text is not whole. The name may hold spaces and ')': it ends at the last one. */
export function parseProcessStat(bytes: Buffer, length: number): ProcessStat | null {
  const close = bytes.lastIndexOf(CLOSE_PARENTHESIS, length - 1)
  const open = bytes.indexOf(OPEN_PARENTHESIS)
  if (open < 0 || close < open || close + 2 >= length) return null
  const scan: ByteScan = { bytes, end: length, pos: close + 2 }
  const state = String.fromCharCode(bytes[scan.pos] ?? 0)
  skipFields(scan, 1)
  const parentPid = readUint(scan) // field 4 of proc(5)
  skipWord(scan)
  const groupId = readUint(scan) // 5; -1 while it ends
  skipWord(scan)
  skipFields(scan, 14)
  const threads = readUint(scan) // 20
  skipFields(scan, 1)
  const startTicks = readUint(scan) // 22
  if (parentPid < 0 || threads < 0 || startTicks < 0) return null
  return { state, parentPid, groupId, threads, startTicks, name: bytes.toString('latin1', open + 1, close) }
}

/**
 * Ended: it holds no memory. A leader that has ended while its threads go on is a zombie by its state alone, and
 * still holds all of it.
 */
export const hasEnded = (stat: ProcessStat): boolean =>
  (stat.state === 'Z' || stat.state === 'X') && stat.threads <= 1

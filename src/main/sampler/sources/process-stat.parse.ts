import { byteScan, readUint, skipBlanks, skipWord, type ByteScan } from '../../../shared/util/byte-scan.ts'

/** /proc/PID/stat, as far as Firebreak needs it. */
export interface ProcessStat {
  readonly pid: number
  readonly parentPid: number
  readonly processGroupId: number
  readonly startTicks: number
  readonly name: string
  readonly state: string
  readonly cpuTicks: number
  readonly rssPages: number
}

const OPEN_PARENTHESIS = 40
const CLOSE_PARENTHESIS = 41

/** One unsigned field; -1 for a signed one, as the group of a process that is just ending. */
function field(scan: ByteScan): number {
  const value = readUint(scan)
  skipWord(scan)
  return value
}

const skipFields = (scan: ByteScan, count: number): void => {
  for (let i = 0; i < count; i++) {
    skipBlanks(scan)
    skipWord(scan)
  }
}

/**
 * One process; 'unknown' when the text is not whole.
 *
 * The name may hold anything but NUL, spaces, newlines and ')' included: it ends at the file's last ')'. Bytes
 * that are not UTF-8 become U+FFFD. Field numbers are those of proc(5).
 */
export function parseProcessStat(bytes: Buffer): ProcessStat | 'unknown' {
  const scan = byteScan(bytes)
  const pid = readUint(scan)
  const open = scan.pos + 1
  const close = bytes.lastIndexOf(CLOSE_PARENTHESIS)
  if (pid < 0 || bytes[open] !== OPEN_PARENTHESIS || close < open) return 'unknown'
  scan.pos = close + 2
  const state = String.fromCharCode(bytes[scan.pos] ?? 0)
  skipFields(scan, 1)
  const parentPid = field(scan) // 4
  const processGroupId = field(scan) // 5
  skipFields(scan, 8)
  const userTicks = field(scan) // 14
  const systemTicks = field(scan) // 15
  skipFields(scan, 6)
  const startTicks = field(scan) // 22
  skipFields(scan, 1)
  const rssPages = readUint(scan) // 24
  if (parentPid < 0 || userTicks < 0 || systemTicks < 0 || startTicks < 0 || rssPages < 0) return 'unknown'
  return {
    pid,
    parentPid,
    processGroupId: Math.max(processGroupId, 0),
    startTicks,
    name: bytes.toString('utf8', open + 1, close),
    state,
    cpuTicks: userTicks + systemTicks,
    rssPages
  }
}

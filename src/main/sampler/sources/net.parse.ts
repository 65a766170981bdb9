import { atEnd, byteScan, readUint, skipBlanks, skipLine, skipText } from '../../../shared/util/byte-scan.ts'

/** Bytes since the interface came up. */
export interface InterfaceCounters {
  readonly name: string
  readonly receivedBytes: number
  readonly sentBytes: number
}

const COLON = 58
const HEADER_LINES = 2
/** Columns between received bytes and sent bytes. */
const RECEIVE_COLUMNS_LEFT = 7
/** Loopback, and interfaces of containers and bridges, which carry again what a real one carries. */
const NOT_COUNTED = /^(?:lo|veth.*|docker\d*|br-.*|virbr\d*|cni.*|flannel.*|ifb\d*)$/

/** /proc/net/dev without loopback and bridges; an unfinished line is left out. */
export function parseNetDev(bytes: Buffer): readonly InterfaceCounters[] {
  const scan = byteScan(bytes)
  for (let i = 0; i < HEADER_LINES; i++) skipLine(scan)
  const interfaces: InterfaceCounters[] = []
  while (!atEnd(scan)) {
    skipBlanks(scan)
    const colon = bytes.indexOf(COLON, scan.pos)
    if (colon < 0) break
    const name = bytes.toString('latin1', scan.pos, colon)
    scan.pos = colon
    skipText(scan, ':')
    const receivedBytes = readUint(scan)
    for (let i = 0; i < RECEIVE_COLUMNS_LEFT; i++) readUint(scan)
    const sentBytes = readUint(scan)
    if (receivedBytes >= 0 && sentBytes >= 0 && !NOT_COUNTED.test(name)) {
      interfaces.push({ name, receivedBytes, sentBytes })
    }
    skipLine(scan)
  }
  return interfaces
}

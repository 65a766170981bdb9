import type { ProcessRow } from '../process-bytes.ts'
import type { NvmlHandle, ProcessList } from './api.ts'
import { NVML_INSUFFICIENT_SIZE, NVML_NOT_SUPPORTED, NVML_SUCCESS, SYMBOL_MISSING } from './codes.ts'
import { decodeRows } from './decode.ts'

/** Rows there is room for at first: a desktop with models has a few; 1.5 KiB. */
const FIRST_ROOM_ROWS = 64
/** A process list beyond this is not believed; 98 KiB at most. */
const MAX_ROOM_ROWS = 4_096
/** Each try at least doubles the room, so 64 → 4096 needs seven. */
const MAX_TRIES = 7

/**
 * One process list of one device; null when the driver would not give it this time.
 *
 * The list may grow between the answer 'too small, need N' and the next call, so the room doubles beyond N. A
 * driver without this list (NOT_SUPPORTED, symbol missing) has no rows.
 */
export function readProcessList(list: ProcessList, handle: NvmlHandle, device: string): ProcessRow[] | null {
  const count = Buffer.alloc(4)
  let room = FIRST_ROOM_ROWS
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const rows = Buffer.alloc(room * list.rowBytes)
    count.writeUInt32LE(room)
    const code = list.call(handle, count, rows)
    const found = count.readUInt32LE()
    if (code === NVML_SUCCESS) {
      return found <= room ? decodeRows(rows, found, list.rowBytes, device) : null
    }
    if (code === NVML_NOT_SUPPORTED || code === SYMBOL_MISSING) return []
    if (code !== NVML_INSUFFICIENT_SIZE || room >= MAX_ROOM_ROWS) return null
    room = Math.min(MAX_ROOM_ROWS, Math.max(found, room) * 2)
  }
  return null
}

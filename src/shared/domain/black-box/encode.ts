import { GUARD_LEVELS, type GuardLevel } from '../../model/status.ts'
import type { Reading } from '../../model/reading.ts'
import {
  BOOT_ID_BYTES,
  HEADER,
  HEADER_BYTES,
  hashOf,
  HOLDERS_PER_RECORD,
  LABEL,
  LABEL_SLOT_BYTES,
  MAGIC,
  RECORD,
  RECORD_BYTES
} from './layout.ts'

export interface BlackBoxHeader {
  readonly bootId: string
  readonly capacity: number
  readonly sentinelPid: number
  readonly sentinelStartTicks: number
  readonly openedAtMs: number
}

/** One label of the table, found again by the hash of its bytes. */
export interface EncodedLabel {
  readonly hash: number
  readonly slot: Uint8Array
}

export interface BlackBoxRecord {
  /** From 1; its place in the ring follows from it. */
  readonly sequence: number
  readonly atMs: number
  readonly monotonicMs: number
  readonly availableBytes: number
  readonly memTotalBytes: number
  readonly stallSomeUs: Reading
  readonly stallFullUs: Reading
  readonly level: GuardLevel
}

const viewOf = (bytes: Uint8Array, at: number, length: number): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset + at, length)

function writeAscii(bytes: Uint8Array, at: number, text: string, most: number): void {
  for (let i = 0; i < Math.min(text.length, most); i++) bytes[at + i] = text.charCodeAt(i)
}

/** The first page of a new file. */
export function encodeHeader(header: BlackBoxHeader): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES)
  const view = viewOf(bytes, 0, HEADER_BYTES)
  writeAscii(bytes, 0, MAGIC, MAGIC.length)
  view.setUint32(HEADER.recordBytes, RECORD_BYTES, true)
  view.setUint32(HEADER.capacity, header.capacity, true)
  view.setUint32(HEADER.sentinelPid, header.sentinelPid, true)
  view.setFloat64(HEADER.sentinelStartTicks, header.sentinelStartTicks, true)
  view.setFloat64(HEADER.openedAtMs, header.openedAtMs, true)
  writeAscii(bytes, HEADER.bootId, header.bootId, BOOT_ID_BYTES)
  return bytes
}

/** What is written at HEADER.ended when it ends in good order. */
export const CLEAN_END = new Uint8Array([1, 0, 0, 0])

/** A label of at most 59 bytes of UTF-8, cut between characters. `utf8`: the text's bytes. */
export function encodeLabel(utf8: Uint8Array): EncodedLabel {
  const slot = new Uint8Array(LABEL_SLOT_BYTES)
  let length = Math.min(utf8.length, LABEL_SLOT_BYTES - LABEL.text)
  // 10xxxxxx continues a character that would be cut in two.
  while (length < utf8.length && length > 0 && ((utf8[length] ?? 0) & 0xc0) === 0x80) length--
  slot.set(utf8.subarray(0, length), LABEL.text)
  const hash = hashOf(slot, LABEL.text, LABEL.text + length)
  slot[LABEL.length] = length
  viewOf(slot, 0, LABEL_SLOT_BYTES).setUint32(LABEL.hash, hash, true)
  return { hash, slot }
}

const orNaN = (reading: Reading): number => (typeof reading === 'number' ? reading : Number.NaN)

/** Writes one record into `bytes` at `at`. `holders`: hashes of labels and their bytes, largest first. */
export function encodeRecord(
  bytes: Uint8Array,
  at: number,
  record: BlackBoxRecord,
  holders: readonly { readonly hash: number; readonly bytes: number }[]
): void {
  const view = viewOf(bytes, at, RECORD_BYTES)
  bytes.fill(0, at, at + RECORD_BYTES)
  view.setUint32(RECORD.sequence, record.sequence, true)
  view.setFloat64(RECORD.atMs, record.atMs, true)
  view.setFloat64(RECORD.monotonicMs, record.monotonicMs, true)
  view.setFloat64(RECORD.availableBytes, record.availableBytes, true)
  view.setFloat64(RECORD.memTotalBytes, record.memTotalBytes, true)
  view.setFloat64(RECORD.stallSomeUs, orNaN(record.stallSomeUs), true)
  view.setFloat64(RECORD.stallFullUs, orNaN(record.stallFullUs), true)
  view.setUint8(RECORD.level, GUARD_LEVELS.indexOf(record.level))
  const count = Math.min(holders.length, HOLDERS_PER_RECORD)
  view.setUint8(RECORD.holders, count)
  for (let i = 0; i < count; i++) {
    view.setUint32(RECORD.holderHashes + i * 4, holders[i]?.hash ?? 0, true)
    view.setFloat64(RECORD.holderBytes + i * 8, holders[i]?.bytes ?? 0, true)
  }
  view.setUint32(RECORD.checksum, hashOf(bytes, at + RECORD.sequence, at + RECORD_BYTES), true)
}

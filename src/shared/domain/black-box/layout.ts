/**
 * The black box on disk: one header, a table of labels, then a ring of records of one size. Little-endian.
 *
 * Every record carries its own checksum and number, so that a file torn at any byte still yields all whole records.
 */
export const MAGIC = 'FBBLACK1'
/** A page: header and labels are never half in one with a record. */
export const HEADER_BYTES = 4096
export const LABEL_SLOTS = 128
export const LABEL_SLOT_BYTES = 64
export const RECORDS_AT = HEADER_BYTES + LABEL_SLOTS * LABEL_SLOT_BYTES
export const RECORD_BYTES = 128
/** The largest holders of memory at that moment; a fifth has never been the reason. */
export const HOLDERS_PER_RECORD = 4

export const HEADER = {
  recordBytes: 8,
  capacity: 12,
  sentinelPid: 16,
  /** 1: it ended in good order. */
  ended: 20,
  sentinelStartTicks: 24,
  openedAtMs: 32,
  bootId: 40
} as const
/** /proc/sys/kernel/random/boot_id without its newline. */
export const BOOT_ID_BYTES = 36

export const LABEL = { hash: 0, length: 4, text: 5 } as const

export const RECORD = {
  checksum: 0,
  sequence: 4,
  atMs: 8,
  monotonicMs: 16,
  availableBytes: 24,
  memTotalBytes: 32,
  stallSomeUs: 40,
  stallFullUs: 48,
  level: 56,
  holders: 57,
  holderHashes: 60,
  holderBytes: 80
} as const

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/** FNV-1a, 32 bits: guards against torn and stray bytes, not against intent. Never 0, which marks an empty place. */
export function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = FNV_OFFSET
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), FNV_PRIME)
  return hash >>> 0 || 1
}

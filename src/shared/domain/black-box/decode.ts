import type { IncidentPoint } from '../../model/guard.ts'
import type { Reading } from '../../model/reading.ts'
import { GUARD_LEVELS, type GuardLevel } from '../../model/status.ts'
import {
  BOOT_ID_BYTES,
  HEADER,
  HEADER_BYTES,
  hashOf,
  HOLDERS_PER_RECORD,
  LABEL,
  LABEL_SLOT_BYTES,
  LABEL_SLOTS,
  MAGIC,
  RECORD,
  RECORD_BYTES,
  RECORDS_AT
} from './layout.ts'

export interface BlackBoxPoint extends IncidentPoint {
  readonly monotonicMs: number
  readonly memTotalBytes: number
  readonly level: GuardLevel
  readonly stallSomeUs: Reading
  readonly stallFullUs: Reading
}

export interface BlackBoxContent {
  /** Of the boot it was written in: another one than now means that the machine went down since. */
  readonly bootId: string
  readonly endedCleanly: boolean
  /** Who wrote it: while that process lives, nothing has ended. */
  readonly sentinelPid: number
  readonly sentinelStartTicks: number
  readonly openedAtMs: number
  /** Oldest first. */
  readonly points: readonly BlackBoxPoint[]
}

/** A label whose place was given to another since. */
const LOST_LABEL = 'unknown'

function ascii(bytes: Uint8Array, from: number, length: number): string {
  let text = ''
  for (let at = from; at < from + length; at++) {
    const code = bytes[at] ?? 0
    if (code === 0) break
    text += String.fromCharCode(code)
  }
  return text
}

/** UTF-8 without a library of the platform: shared code has none. Broken bytes become U+FFFD. */
function utf8(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  let at = from
  while (at < to) {
    const first = bytes[at++] ?? 0
    const more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : -1
    let code = more <= 0 ? first : first & (0x3f >> more)
    let whole = more >= 0
    for (let i = 0; i < more; i++) {
      const next = bytes[at] ?? 0
      if (at >= to || (next & 0xc0) !== 0x80) {
        whole = false
        break
      }
      code = (code << 6) | (next & 0x3f)
      at++
    }
    text += whole && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
  }
  return text
}

function labelsOf(bytes: Uint8Array, view: DataView): ReadonlyMap<number, string> {
  const labels = new Map<number, string>()
  for (let slot = 0; slot < LABEL_SLOTS; slot++) {
    const at = HEADER_BYTES + slot * LABEL_SLOT_BYTES
    if (at + LABEL_SLOT_BYTES > bytes.length) break
    const hash = view.getUint32(at + LABEL.hash, true)
    const from = at + LABEL.text
    const to = from + Math.min(bytes[at + LABEL.length] ?? 0, LABEL_SLOT_BYTES - LABEL.text)
    if (hash !== 0 && hash === hashOf(bytes, from, to)) labels.set(hash, utf8(bytes, from, to))
  }
  return labels
}

const orUnknown = (value: number): Reading => (Number.isFinite(value) ? value : 'unknown')

function pointAt(view: DataView, at: number, labels: ReadonlyMap<number, string>): BlackBoxPoint {
  const count = Math.min(view.getUint8(at + RECORD.holders), HOLDERS_PER_RECORD)
  const holders = Array.from({ length: count }, (_, i) => ({
    label: labels.get(view.getUint32(at + RECORD.holderHashes + i * 4, true)) ?? LOST_LABEL,
    bytes: view.getFloat64(at + RECORD.holderBytes + i * 8, true)
  }))
  return {
    atMs: view.getFloat64(at + RECORD.atMs, true),
    monotonicMs: view.getFloat64(at + RECORD.monotonicMs, true),
    availableBytes: view.getFloat64(at + RECORD.availableBytes, true),
    memTotalBytes: view.getFloat64(at + RECORD.memTotalBytes, true),
    stallSomeUs: orUnknown(view.getFloat64(at + RECORD.stallSomeUs, true)),
    stallFullUs: orUnknown(view.getFloat64(at + RECORD.stallFullUs, true)),
    level: GUARD_LEVELS[view.getUint8(at + RECORD.level)] ?? 'calm',
    holders
  }
}

/**
 * What a black box holds; null when it is none.
 *
 * A record that is torn, stray or in another's place is left out; the rest is in the order in which it happened.
 */
export function decodeBlackBox(bytes: Uint8Array): BlackBoxContent | null {
  if (bytes.length < RECORDS_AT || ascii(bytes, 0, MAGIC.length) !== MAGIC) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const capacity = view.getUint32(HEADER.capacity, true)
  if (view.getUint32(HEADER.recordBytes, true) !== RECORD_BYTES || capacity === 0) return null
  const labels = labelsOf(bytes, view)
  const found: { readonly sequence: number; readonly point: BlackBoxPoint }[] = []
  for (let slot = 0; slot < capacity; slot++) {
    const at = RECORDS_AT + slot * RECORD_BYTES
    if (at + RECORD_BYTES > bytes.length) break
    const sequence = view.getUint32(at + RECORD.sequence, true)
    if (sequence === 0 || (sequence - 1) % capacity !== slot) continue
    const checksum = view.getUint32(at + RECORD.checksum, true)
    if (checksum !== hashOf(bytes, at + RECORD.sequence, at + RECORD_BYTES)) continue
    found.push({ sequence, point: pointAt(view, at, labels) })
  }
  found.sort((a, b) => a.sequence - b.sequence)
  return {
    bootId: ascii(bytes, HEADER.bootId, BOOT_ID_BYTES),
    endedCleanly: view.getUint32(HEADER.ended, true) === 1,
    sentinelPid: view.getUint32(HEADER.sentinelPid, true),
    sentinelStartTicks: view.getFloat64(HEADER.sentinelStartTicks, true),
    openedAtMs: view.getFloat64(HEADER.openedAtMs, true),
    points: found.map(({ point }) => point)
  }
}

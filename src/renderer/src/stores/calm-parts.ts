import type { LedgerPart } from '../../../shared/model/ledger.ts'
import { bytesText } from '../format/bytes.ts'

/** A quarter of a pixel where the whole machine is 1200 px wide: nobody sees less. */
const UNSEEN_SHARE = 1 / 4800

const sameText = (a: number, b: number): boolean => a === b || bytesText(a) === bytesText(b)

const samePids = (a: LedgerPart['pids'] = [], b: LedgerPart['pids'] = []): boolean =>
  a.length === b.length && a.every((pid, at) => pid === b[at])

const looksSame = (a: LedgerPart, b: LedgerPart, unseenBytes: number): boolean =>
  a.label === b.label &&
  a.kind === b.kind &&
  Math.abs(a.bytes - b.bytes) < unseenBytes &&
  sameText(a.bytes, b.bytes) &&
  sameText(a.gpuBytes, b.gpuBytes) &&
  sameText(a.hostBytes, b.hostBytes) &&
  sameText(a.mappedFileBytes ?? 0, b.mappedFileBytes ?? 0) &&
  samePids(a.pids, b.pids)

/**
 * `parts`, but with the object of `before` for each that would be drawn and written the same, and `before` itself
 * where all are: what does not change on screen is not drawn again.
 */
export function calmParts(
  before: readonly LedgerPart[],
  parts: readonly LedgerPart[],
  memTotalBytes: number
): readonly LedgerPart[] {
  const known = new Map(before.map((part) => [part.id, part]))
  const calm = parts.map((part) => {
    const old = known.get(part.id)
    return old !== undefined && looksSame(old, part, memTotalBytes * UNSEEN_SHARE) ? old : part
  })
  return calm.length === before.length && calm.every((part, at) => part === before[at]) ? before : calm
}

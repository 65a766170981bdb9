import type { LedgerPart } from '../../../shared/model/ledger.ts'

/** A row passes another only when it is larger by this share: at 1 Hz, near-equal rows must not trade places. */
const PASS_SHARE = 0.05

/**
 * Holders, largest first, in an order that stays calm: `previous` is kept where sizes differ too little.
 */
export function holderOrder(previous: readonly string[], parts: readonly LedgerPart[]): readonly string[] {
  const size = new Map(parts.map((part) => [part.id, part.bytes]))
  const kept = previous.filter((id) => size.has(id))
  const keptSet = new Set(kept)
  const fresh = parts.filter((part) => !keptSet.has(part.id)).toSorted((a, b) => b.bytes - a.bytes)
  const order: string[] = []
  const insert = (id: string, share: number): void => {
    const own = size.get(id) ?? 0
    let at = order.length
    while (at > 0 && own > (size.get(order[at - 1] ?? '') ?? 0) * (1 + share)) at -= 1
    order.splice(at, 0, id)
  }
  for (const id of kept) insert(id, PASS_SHARE)
  for (const part of fresh) insert(part.id, 0)
  return order
}

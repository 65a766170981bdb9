import { LEDGER_KINDS, type LedgerKind } from '../../model/ledger.ts'
import { compareIds } from '../../util/compare-ids.ts'
import type { RecentPoint, RecentSeries } from '../../model/status.ts'

/** Holders with a band of their own; more than eight cannot be told apart, nor drawn cheaply. */
export const MAX_HOLDER_SERIES = 8

/** One band of the stacked graph and the parts it sums. */
export interface Band extends RecentSeries {
  readonly partIds: readonly string[]
}

/**
 * A program below this share of all memory is a line of 2 px: it is shown with the others of its kind. Each band
 * costs at every redraw.
 */
const THIN_SHARE = 0.01

const byId = (a: RecentSeries, b: RecentSeries): number => compareIds(a.id, b.id)

const isHolder = (kind: LedgerKind): boolean => kind === 'runner' || kind === 'process'

/**
 * The bands to draw, in the order of LEDGER_KINDS, bottom first; 'free' is the empty space above them.
 *
 * The largest holders by their peak keep a band of their own, runners before processes; the rest of a kind is one
 * band beside its own kind, so that the graph has everybody where the strip has them.
 */
export function chooseBands(
  series: readonly RecentSeries[],
  points: readonly RecentPoint[],
  maxHolders: number = MAX_HOLDER_SERIES
): readonly Band[] {
  const peak = new Map<string, number>()
  let total = 0
  for (const point of points) {
    let sum = 0
    for (const [id, bytes] of Object.entries(point.bands)) {
      sum += bytes
      if (bytes > (peak.get(id) ?? 0)) peak.set(id, bytes)
    }
    total = Math.max(total, sum)
  }
  const seen = series.filter((one) => (peak.get(one.id) ?? 0) > 0 && one.kind !== 'free')
  const largest = seen
    .filter(
      (one) => one.kind === 'runner' || (isHolder(one.kind) && (peak.get(one.id) ?? 0) >= total * THIN_SHARE)
    )
    .toSorted(
      (a, b) =>
        Number(b.kind === 'runner') - Number(a.kind === 'runner') ||
        (peak.get(b.id) ?? 0) - (peak.get(a.id) ?? 0) ||
        byId(a, b)
    )
    .slice(0, maxHolders)
  const own = new Set(largest.map((one) => one.id))
  return LEDGER_KINDS.flatMap((kind) => {
    const ofKind = seen.filter((one) => one.kind === kind).toSorted(byId)
    const alone = ofKind.filter((one) => !isHolder(kind) || own.has(one.id))
    const bands: Band[] = alone.map((one) => ({ ...one, partIds: [one.id] }))
    const rest = ofKind.filter((one) => isHolder(kind) && !own.has(one.id)).map((one) => one.id)
    if (rest.length > 0)
      bands.push({ id: `more:${kind}`, label: moreOf(kind, rest.length), kind, partIds: rest })
    return bands
  })
}

function moreOf(kind: LedgerKind, count: number): string {
  const one = kind === 'runner' ? 'model' : 'program'
  return `${count} more ${one}${count === 1 ? '' : 's'}`
}

/** Bytes of each band at one point, in the order of `bands`. */
export function bandBytes(bands: readonly Band[], point: RecentPoint): readonly number[] {
  return bands.map((band) => band.partIds.reduce((sum, id) => sum + (point.bands[id] ?? 0), 0))
}

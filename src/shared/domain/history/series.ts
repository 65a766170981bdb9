import { LEDGER_KINDS, type LedgerKind } from '../../model/ledger.ts'
import type { RecentPoint, RecentSeries } from '../../model/status.ts'

/** Holders with a band of their own; more than eight cannot be told apart, nor drawn cheaply. */
export const MAX_HOLDER_SERIES = 8

/** One band of the stacked graph and the parts it sums. */
export interface Band extends RecentSeries {
  readonly partIds: readonly string[]
}

const isHolder = (kind: LedgerKind): boolean => kind === 'runner' || kind === 'process'

/**
 * The bands to draw, in the order of LEDGER_KINDS, bottom first; 'free' is the empty space above them.
 *
 * The largest holders by their peak keep a band of their own, runners before processes; the rest goes into one
 * band with the other programs.
 */
export function chooseBands(
  series: readonly RecentSeries[],
  points: readonly RecentPoint[],
  maxHolders: number = MAX_HOLDER_SERIES
): readonly Band[] {
  const peak = new Map<string, number>()
  for (const point of points) {
    for (const [id, bytes] of Object.entries(point.bands)) {
      if (bytes > (peak.get(id) ?? 0)) peak.set(id, bytes)
    }
  }
  const seen = series.filter((one) => (peak.get(one.id) ?? 0) > 0 && one.kind !== 'free')
  const holders = seen
    .filter((one) => isHolder(one.kind))
    .toSorted(
      (a, b) =>
        Number(b.kind === 'runner') - Number(a.kind === 'runner') ||
        (peak.get(b.id) ?? 0) - (peak.get(a.id) ?? 0) ||
        a.id.localeCompare(b.id)
    )
  const own = holders.slice(0, maxHolders)
  const folded = holders.slice(maxHolders).map((one) => one.id)
  const bands: Band[] = []
  for (const kind of LEDGER_KINDS) {
    const ofKind = isHolder(kind)
      ? own.filter((one) => one.kind === kind).toSorted((a, b) => a.id.localeCompare(b.id))
      : seen.filter((one) => one.kind === kind)
    for (const one of ofKind) {
      const extra = kind === 'other' && ofKind[0] === one ? folded : []
      bands.push({ ...one, partIds: [one.id, ...extra] })
    }
    if (kind === 'other' && ofKind.length === 0 && folded.length > 0) {
      bands.push({ id: 'other', label: 'Other programs', kind, partIds: folded })
    }
  }
  return bands
}

/** Bytes of each band at one point, in the order of `bands`. */
export function bandBytes(bands: readonly Band[], point: RecentPoint): readonly number[] {
  return bands.map((band) => band.partIds.reduce((sum, id) => sum + (point.bands[id] ?? 0), 0))
}

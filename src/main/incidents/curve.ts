import type { IncidentPoint } from '../../shared/model/guard.ts'

/** What an incident shows of the time before its end. */
const CURVE_MS = 300_000
/** At the end every point is kept … */
const FULL_RATE_MS = 30_000
/** … within this number; before it, one per second. */
const FULL_RATE_POINTS = 600
const COARSE_MS = 1_000
/** More names than fit a legend help nobody, and they are most of the file's size. */
const MOST_HOLDERS = 6

/** The last five minutes, in full at the end and one point per second before: the end is what matters. */
export function trimCurve(points: readonly IncidentPoint[], endMs: number): readonly IncidentPoint[] {
  const inTime = points
    .filter(({ atMs }) => atMs <= endMs && atMs > endMs - CURVE_MS)
    .toSorted((a, b) => a.atMs - b.atMs)
  const last = inTime.filter(({ atMs }) => atMs > endMs - FULL_RATE_MS)
  const earlier = spaced(
    inTime.filter(({ atMs }) => atMs <= endMs - FULL_RATE_MS),
    COARSE_MS
  )
  const fine = last.length > FULL_RATE_POINTS ? spaced(last, FULL_RATE_MS / FULL_RATE_POINTS) : last
  const newest = last.at(-1)
  const kept = newest === undefined || fine.at(-1) === newest ? fine : [...fine, newest]
  return [...earlier, ...kept].map(withFewHolders)
}

export const withFewHolders = ({ atMs, availableBytes, holders }: IncidentPoint): IncidentPoint => ({
  atMs,
  availableBytes,
  holders: holders.toSorted((a, b) => b.bytes - a.bytes).slice(0, MOST_HOLDERS)
})

/** An earlier curve and a newer one as one; where both have a point, the newer's counts. */
export function joinCurves(
  earlier: readonly IncidentPoint[],
  newer: readonly IncidentPoint[]
): readonly IncidentPoint[] {
  const points = new Map([...earlier, ...newer].map((point) => [point.atMs, point]))
  return [...points.values()].toSorted((a, b) => a.atMs - b.atMs)
}

/** Leaves out points nearer than `leastMs` to the one kept before. */
function spaced(points: readonly IncidentPoint[], leastMs: number): readonly IncidentPoint[] {
  const kept: IncidentPoint[] = []
  for (const point of points) {
    if (point.atMs - (kept.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) >= leastMs) kept.push(point)
  }
  return kept
}

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** fall: must be acted on. healthy and transient: must not, where memory stays above the floor. */
export type CurveClass = 'fall' | 'healthy' | 'transient'

export interface CurvePoint {
  readonly timeS: number
  readonly availableGib: number
}

/** Available memory over time, linear between its points. */
export interface Curve {
  readonly name: string
  readonly kind: CurveClass
  readonly points: readonly CurvePoint[]
  /** Breath of other programs, ± GiB, in what a guard reads. */
  readonly noiseGib: number
  readonly memTotalGib: number
}

/** Of a GB10, where a file names none. */
export const MEM_TOTAL_GIB = 121.69
/** A guard has been running before anything happens. */
export const LEAD_S = 6
/** Slower than this is no fall, GiB/s: the least fall that the guard counts on a GB10. */
const LEAST_SLOPE = 0.06
/** A flat stretch is cut to this: nothing new happens in it. */
const MOST_FLAT_S = 600

const CLASSES: readonly CurveClass[] = ['fall', 'healthy', 'transient']

/** Reads DIR/*.csv whose names begin with a class; '#' lines are comments. Throws on a file without its columns. */
export function readCurves(dir: string): readonly Curve[] {
  return readdirSync(dir)
    .filter((file) => file.endsWith('.csv'))
    .toSorted()
    .flatMap((file) => {
      const text = readFileSync(join(dir, file), 'utf8')
      const said = /^#\s*class:\s*(\w+)/m.exec(text)?.[1]
      const kind = CLASSES.find((one) => one === said) ?? CLASSES.find((one) => file.startsWith(one))
      const points = pointsOf(text, file)
      const total = Number(/^#\s*mem_?total_?gib:\s*([\d.]+)/im.exec(text)?.[1] ?? MEM_TOTAL_GIB)
      if (kind === undefined || points.length === 0) return []
      return [{ name: file.slice(0, -'.csv'.length), kind, points, noiseGib: 0, memTotalGib: total }]
    })
}

function pointsOf(text: string, file: string): readonly CurvePoint[] {
  const [header = '', ...lines] = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'))
  const names = header.split(',').map((name) => name.trim())
  const time = names.indexOf('time_s')
  const available = names.indexOf('mem_available_gib')
  if (time < 0 || available < 0) throw new Error(`${file}: no columns time_s and mem_available_gib`)
  return lines
    .map((line) => line.split(','))
    .map((cells) => ({ time: cells[time]?.trim(), available: cells[available]?.trim() }))
    .filter((row) => row.time && row.available)
    .map((row) => ({ timeS: Number(row.time), availableGib: Number(row.available) }))
    .filter((point) => Number.isFinite(point.timeS) && Number.isFinite(point.availableGib))
    .toSorted((a, b) => a.timeS - b.timeS)
}

/** Long flat stretches made short; the times after them move with it. */
export function withoutLongRests(curve: Curve): Curve {
  let cut = 0
  let before: CurvePoint | undefined
  const points = curve.points.map((point) => {
    if (before?.availableGib === point.availableGib) {
      cut += Math.max(0, point.timeS - before.timeS - MOST_FLAT_S)
    }
    before = point
    return { ...point, timeS: point.timeS - cut }
  })
  return { ...curve, points }
}

const slope = (a: CurvePoint, b: CurvePoint): number =>
  b.timeS > a.timeS ? (a.availableGib - b.availableGib) / (b.timeS - a.timeS) : 0

const pairs = (points: readonly CurvePoint[]): (readonly [CurvePoint, CurvePoint])[] =>
  points.slice(1).flatMap((b, i) => {
    const a = points[i]
    return a === undefined ? [] : [[a, b] as const]
  })

/** GiB/s; 0 where it never falls. */
export const steepestSlope = ({ points }: Curve): number =>
  pairs(points).reduce((most, [a, b]) => Math.max(most, slope(a, b)), 0)

/** When it begins to fall; null: never. */
export const fallBeginsS = ({ points }: Curve): number | null =>
  pairs(points).find(([a, b]) => slope(a, b) >= LEAST_SLOPE)?.[0].timeS ?? null

export const endS = (curve: Curve): number => curve.points.at(-1)?.timeS ?? 0

/** Time at which a fall that nobody stops has taken all. */
export function emptyS(curve: Curve): number {
  const last = curve.points.at(-1)
  const steepest = steepestSlope(curve)
  return last === undefined || steepest === 0 ? endS(curve) : last.timeS + last.availableGib / steepest
}

/** GiB available without any act. A fall goes on past its last point at its steepest slope, the others rest there. */
export function availableAt(curve: Curve, timeS: number): number {
  const { points } = curve
  const first = points[0]
  const last = points.at(-1)
  if (first === undefined || last === undefined) return 0
  if (timeS <= first.timeS) return first.availableGib
  if (timeS >= last.timeS) {
    const past = curve.kind === 'fall' ? steepestSlope(curve) * (timeS - last.timeS) : 0
    return Math.max(0, last.availableGib - past)
  }
  let low = 0
  let high = points.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((points[middle]?.timeS ?? 0) <= timeS) low = middle
    else high = middle
  }
  const a = points[low] ?? first
  const b = points[high] ?? last
  const share = b.timeS > a.timeS ? (timeS - a.timeS) / (b.timeS - a.timeS) : 1
  return a.availableGib + (b.availableGib - a.availableGib) * share
}

/** Least available up to a time, GiB. */
export const lowestUntil = (curve: Curve, timeS: number): number =>
  curve.points
    .filter((point) => point.timeS <= timeS)
    .reduce((least, point) => Math.min(least, point.availableGib), availableAt(curve, timeS))

/** Noise in −1…1 that depends on the time alone, so that every guard reads the same. */
export function noiseAt(timeS: number): number {
  let hash = Math.imul(Math.round(timeS * 1000) ^ 0x9e3779b9, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 31 - 1
}

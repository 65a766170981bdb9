import { decimate } from '../../../shared/domain/history/decimate.ts'
import { bandBytes, chooseBands, type Band } from '../../../shared/domain/history/series.ts'
import { inWindow } from '../../../shared/domain/history/window.ts'
import type { RecentPoint, RecentSeries } from '../../../shared/model/status.ts'

/** One drawn moment: bytes by band index, as recharts wants it (flat, by data key). */
export interface GraphPoint {
  readonly atMs: number
  readonly memAvailableBytes: number
  readonly [band: `b${number}`]: number
}

export interface GraphData {
  readonly bands: readonly Band[]
  readonly points: readonly GraphPoint[]
  readonly fromMs: number
  readonly toMs: number
}

/** What the live graph draws of the last `windowMs`: at most 150 points and 8 holders, every dip kept. */
export function graphData(
  series: readonly RecentSeries[],
  recent: readonly RecentPoint[],
  windowMs: number
): GraphData {
  const toMs = recent.at(-1)?.atMs ?? 0
  const drawn = decimate(inWindow(recent, toMs, windowMs), windowMs)
  const bands = chooseBands(series, drawn)
  const points = drawn.map((point) => {
    const flat: Record<`b${number}`, number> = {}
    for (const [at, bytes] of bandBytes(bands, point).entries()) flat[`b${at}`] = bytes
    return { atMs: point.atMs, memAvailableBytes: point.memAvailableBytes, ...flat }
  })
  return { bands, points, fromMs: toMs - windowMs, toMs }
}

import { decimate, drawnStepMs } from '../../../shared/domain/history/decimate.ts'
import { gapsOf, type Gap } from '../../../shared/domain/history/gaps.ts'
import { bandBytes, chooseBands, type Band } from '../../../shared/domain/history/series.ts'
import { inWindow } from '../../../shared/domain/history/window.ts'
import type { RecentPoint, RecentSeries } from '../../../shared/model/status.ts'

/** One drawn moment: bytes by band index, as recharts wants it (flat, by data key). */
export interface GraphPoint {
  readonly atMs: number
  /** null in unmeasured time, where no band has bytes either and every area is broken. */
  readonly memAvailableBytes: number | null
  /** Everything but free memory and file cache, which the kernel gives back; null in unmeasured time. */
  readonly heldBytes: number | null
  readonly [band: `b${number}`]: number
}

export interface GraphData {
  readonly bands: readonly Band[]
  readonly points: readonly GraphPoint[]
  /** Unmeasured time, which stays blank; nothing of it may look like 'all free'. */
  readonly gaps: readonly Gap[]
  readonly fromMs: number
  readonly toMs: number
}

/** As far as no band is drawn: a gap's last and first measured moments may be among those left out. */
function betweenDrawn({ fromMs, toMs }: Gap, drawn: readonly RecentPoint[], leftMs: number): Gap {
  const last = drawn.findLast((point) => point.atMs <= fromMs)
  const next = drawn.find((point) => point.atMs >= toMs)
  return { fromMs: Math.max(leftMs, last?.atMs ?? fromMs), toMs: next?.atMs ?? toMs }
}

/** What the live graph draws of the last `windowMs`: about a hundred measured points and 8 holders, every dip kept. */
export function graphData(
  series: readonly RecentSeries[],
  recent: readonly RecentPoint[],
  windowMs: number
): GraphData {
  const toMs = recent.at(-1)?.atMs ?? 0
  const fromMs = toMs - windowMs
  const inside = inWindow(recent, toMs, windowMs)
  const drawn = decimate(inside, drawnStepMs(windowMs))
  const bands = chooseBands(series, drawn)
  const gaps = gapsOf(inside, fromMs).map((gap) => betweenDrawn(gap, drawn, fromMs))
  const points = drawn.map((point): GraphPoint => {
    const flat: Record<`b${number}`, number> = {}
    let heldBytes = 0
    for (const [at, bytes] of bandBytes(bands, point).entries()) {
      flat[`b${at}`] = bytes
      if (bands[at]?.kind !== 'cache') heldBytes += bytes
    }
    return { atMs: point.atMs, memAvailableBytes: point.memAvailableBytes, heldBytes, ...flat }
  })
  const breaks = gaps
    .filter((gap) => points.some((point) => point.atMs <= gap.fromMs))
    .map((gap): GraphPoint => ({
      atMs: (gap.fromMs + gap.toMs) / 2,
      memAvailableBytes: null,
      heldBytes: null
    }))
  return { bands, points: [...points, ...breaks].toSorted((a, b) => a.atMs - b.atMs), gaps, fromMs, toMs }
}

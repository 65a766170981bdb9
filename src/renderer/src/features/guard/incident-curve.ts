import type { Incident } from '../../../../shared/model/guard.ts'
import type { CurvePoint } from '../../charts/curve.ts'

/** More lines than this cannot be told apart. */
const MAX_LINES = 3

/** Acts that are worth a mark, in words short enough for it. */
const MARKED: Partial<Record<Incident['events'][number]['kind'], string>> = {
  warn: 'Warned',
  would: 'Would have acted',
  freeze: 'Paused',
  thaw: 'Went on',
  terminate: 'Stopped',
  kill: 'Ended',
  'memory-back': 'Memory back'
}

/** An incident's curve as the graph wants it: the holders that mattered most as lines, acts as marks. */
export function incidentCurve({ curve, events }: Incident): {
  readonly points: readonly CurvePoint[]
  readonly lines: readonly { readonly label: string; readonly hue: number }[]
  readonly marks: readonly { readonly atS: number; readonly label: string }[]
  readonly fromMs: number
  readonly toMs: number
  readonly floorBytes: number | undefined
} {
  const fromMs = curve[0]?.atMs ?? 0
  const toMs = curve.at(-1)?.atMs ?? fromMs
  const most = new Map<string, number>()
  for (const { holders } of curve) {
    for (const { label, bytes } of holders) most.set(label, Math.max(most.get(label) ?? 0, bytes))
  }
  const labels = [...most]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, MAX_LINES)
    .map(([label]) => label)
  const points = curve.map(({ atMs, availableBytes, holders }): CurvePoint => {
    const flat: Record<`l${number}`, number> = {}
    for (const [at, label] of labels.entries()) {
      flat[`l${at}`] = holders.find((one) => one.label === label)?.bytes ?? 0
    }
    return { atS: (atMs - fromMs) / 1000, availableBytes, ...flat }
  })
  const marks = events.flatMap(({ kind, atMs }) => {
    const label = MARKED[kind]
    return label === undefined || atMs < fromMs || atMs > toMs ? [] : [{ atS: (atMs - fromMs) / 1000, label }]
  })
  return {
    points,
    lines: labels.map((label, hue) => ({ label, hue })),
    marks,
    fromMs,
    toMs,
    floorBytes: events[0]?.floorBytes
  }
}

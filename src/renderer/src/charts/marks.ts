/** A moment worth a line in the graph: models were started. */
export interface GraphMark {
  readonly atMs: number
  readonly label: string
}

/** Marks nearer than this share of the window share a label, or they would be drawn over each other. */
const NEAR_SHARE = 0.2

/** A label longer than this would leave the plot. */
const MAX_LABEL_CHARS = 44

const short = (text: string): string =>
  text.length <= MAX_LABEL_CHARS ? text : `${text.slice(0, MAX_LABEL_CHARS - 1)}…`

/** One mark per moment inside the window; neighbours are joined: 'Started a, b'. */
export function startMarks(
  starts: readonly { readonly label: string; readonly startedAtMs: number | null }[],
  fromMs: number,
  toMs: number
): readonly GraphMark[] {
  const inside = starts
    .flatMap(({ label, startedAtMs }) =>
      startedAtMs !== null && startedAtMs > fromMs && startedAtMs < toMs ? [{ label, atMs: startedAtMs }] : []
    )
    .toSorted((a, b) => a.atMs - b.atMs)
  const groups: { atMs: number; labels: string[] }[] = []
  for (const { label, atMs } of inside) {
    const last = groups.at(-1)
    if (last !== undefined && atMs - last.atMs < (toMs - fromMs) * NEAR_SHARE) last.labels.push(label)
    else groups.push({ atMs, labels: [label] })
  }
  return groups.map(({ atMs, labels }) => ({ atMs, label: short(`Started ${labels.join(', ')}`) }))
}

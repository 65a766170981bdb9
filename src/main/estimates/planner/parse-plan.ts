const MIB = 1024 ** 2
/** No machine has so much: 16 TiB. */
const MOST_MIB = 16 * 1024 ** 2
/** More devices than any machine has. */
const MOST_ROWS = 64
/** '<device> <model> <context> <compute> ', whole MiB. */
const ROW = /^([\w.:-]{1,64}) (\d{1,9}) (\d{1,9}) (\d{1,9}) ?$/
const HOST = 'Host'

export interface PlanRow {
  readonly device: string
  /** Each rounded down to whole MiB. */
  readonly modelBytes: number
  readonly contextBytes: number
  readonly computeBytes: number
}

/** What llama-fit-params printed: devices first, the host last. */
export interface Plan {
  readonly devices: readonly PlanRow[]
  readonly host: PlanRow
}

/** Strict: every line is a row, the last one is the host's, and no other is. Null for anything else. */
export function parsePlan(stdout: string): Plan | null {
  const lines = stdout.split('\n').filter((line) => line !== '')
  if (lines.length === 0 || lines.length > MOST_ROWS) return null
  const rows: PlanRow[] = []
  for (const line of lines) {
    const match = ROW.exec(line)
    if (match === null) return null
    const [, device = '', ...figures] = match
    const mib = figures.map(Number)
    if (mib.some((figure) => figure > MOST_MIB)) return null
    const [model = 0, context = 0, compute = 0] = mib
    rows.push({
      device,
      modelBytes: model * MIB,
      contextBytes: context * MIB,
      computeBytes: compute * MIB
    })
  }
  const host = rows.pop()
  if (host?.device !== HOST || rows.some(({ device }) => device === HOST)) return null
  return { devices: rows, host }
}

import type { Expectation, GuardName } from '../cases.ts'
import type { RunScore } from './score.ts'

/** One row of the result; names are relied on by scripts. */
export interface LabRow {
  readonly case: string
  readonly guard: GuardName
  readonly expect: Expectation
  readonly runs: number
  readonly desktop_survived: number
  readonly protected_survived: number
  readonly hog_stopped: number
  readonly wrong_victims: number
  readonly desktop_worst_stall_ms_median: number | null
  readonly desktop_worst_stall_ms_max: number | null
  /** Over the runs in which the guard acted. */
  readonly acted_at_s_median: number | null
  readonly min_available_mib_median: number | null
  readonly hog_killed_by_kernel: number
  /** Runs that came to no end and are counted nowhere else. */
  readonly void_runs: number
  /** What Firebreak is to reach and did not; empty when it did, and for the other guards. */
  readonly missed: readonly string[]
}

/** Bounds of the desktop's worst stall where a hog must be stopped. */
const STALL_MEDIAN_MS = 60
const STALL_MAX_MS = 250
/** Where nothing may happen: so much above the same without a guard. */
const STALL_ABOVE_NONE_MS = 20

/** The middle value; of an even number the mean of the two in the middle; null of none. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return low === undefined || high === undefined ? null : Math.round((low + high) * 50) / 100
}

export interface Measured {
  readonly case: string
  readonly guard: GuardName
  readonly expect: Expectation
  /** null: void. */
  readonly scores: readonly (RunScore | null)[]
}

/** Rows of all that was measured, each judged against its goal. */
export function rowsOf(measured: readonly Measured[]): readonly LabRow[] {
  const rows = measured.filter(({ scores }) => scores.length > 0).map(rowOf)
  return rows.map((row) => ({ ...row, missed: missedBy(row, rows) }))
}

function rowOf({ case: name, guard, expect, scores }: Measured): LabRow {
  const valid = scores.filter((score) => score !== null)
  const count = (which: (score: RunScore) => boolean): number => valid.filter(which).length
  const stalls = valid.map(({ worstStallMs }) => worstStallMs)
  return {
    case: name,
    guard,
    expect,
    runs: valid.length,
    desktop_survived: count(({ desktopSurvived }) => desktopSurvived),
    protected_survived: count(({ protectedSurvived }) => protectedSurvived),
    hog_stopped: count(({ hogStopped }) => hogStopped),
    wrong_victims: valid.reduce((sum, { wrongVictims }) => sum + wrongVictims.length, 0),
    desktop_worst_stall_ms_median: median(stalls),
    desktop_worst_stall_ms_max: stalls.length === 0 ? null : Math.max(...stalls),
    acted_at_s_median: median(valid.flatMap(({ actedAtS }) => (actedAtS === null ? [] : [actedAtS]))),
    min_available_mib_median: median(valid.map(({ minAvailableMib }) => minAvailableMib)),
    hog_killed_by_kernel: count(({ hogKilledByKernel }) => hogKilledByKernel),
    void_runs: scores.length - valid.length,
    missed: []
  }
}

function missedBy(row: LabRow, rows: readonly LabRow[]): readonly string[] {
  if (row.guard !== 'firebreak' || row.runs === 0) return []
  const missed: string[] = []
  const { runs, desktop_worst_stall_ms_median: stall, desktop_worst_stall_ms_max: worst } = row
  if (row.desktop_survived < runs)
    missed.push(`the desktop died in ${runs - row.desktop_survived} of ${runs}`)
  if (row.protected_survived < runs)
    missed.push(`somebody protected died in ${runs - row.protected_survived} of ${runs}`)
  if (row.expect === 'stop') {
    if (row.hog_stopped < runs) missed.push(`the hog was not stopped in ${runs - row.hog_stopped} of ${runs}`)
    if (row.wrong_victims > 0) missed.push(`${row.wrong_victims} wrong victims`)
    if (stall !== null && stall > STALL_MEDIAN_MS) missed.push(`stall of ${stall} ms in the median`)
    if (worst !== null && worst > STALL_MAX_MS) missed.push(`stall of ${worst} ms at most`)
  }
  if (row.expect === 'none') {
    if (row.hog_stopped + row.wrong_victims > 0) missed.push('somebody was stopped')
    const without = rows.find((other) => other.case === row.case && other.guard === 'none')
    const base = without?.desktop_worst_stall_ms_median ?? null
    if (stall !== null && base !== null && stall > base + STALL_ABOVE_NONE_MS) {
      missed.push(`stall of ${stall} ms, ${base} ms without a guard`)
    }
  }
  if (row.expect === 'kernel' && row.hog_stopped > 0)
    missed.push('the hog was stopped although that was not allowed')
  return missed
}

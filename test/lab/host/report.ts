import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { format, resolveConfig } from 'prettier'
import { CASES } from '../cases.ts'
import { REPORT, ROOT } from './places.ts'
import type { LabRow } from './table.ts'

export interface LabFacts {
  readonly commit: string | null
  readonly cpu: string
  readonly kernel: string
  readonly guest: string
  readonly qemu: string
}

const firstLine = (file: string, args: readonly string[]): string | null => {
  const run = spawnSync(file, args, { cwd: ROOT, encoding: 'utf8' })
  return run.status === 0 ? (run.stdout.split('\n')[0] ?? null) : null
}

export function factsOf(): LabFacts {
  return {
    commit: firstLine('git', ['rev-parse', 'HEAD']),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    kernel: release(),
    guest: 'Debian 13, 2 GiB, one processor of 250 million instructions a second, no swap',
    qemu: firstLine('qemu-system-x86_64', ['--version']) ?? 'unknown'
  }
}

const cell = (value: number | null): string => (value === null ? '–' : String(value))

const HEADS = [
  'case',
  'guard',
  'expect',
  'runs',
  'desktop survived',
  'all protected survived',
  'hog stopped',
  'hog killed by the kernel',
  'wrong victims',
  'worst stall ms, median',
  'worst stall ms, most',
  'acted at s',
  'least MemAvailable MiB',
  'goal'
]

/** The table, for people. */
export function tableOf(rows: readonly LabRow[]): string {
  const lines = rows.map((row) =>
    [
      row.case,
      row.guard,
      row.expect,
      String(row.runs),
      `${row.desktop_survived}/${row.runs}`,
      `${row.protected_survived}/${row.runs}`,
      `${row.hog_stopped}/${row.runs}`,
      `${row.hog_killed_by_kernel}/${row.runs}`,
      String(row.wrong_victims),
      cell(row.desktop_worst_stall_ms_median),
      cell(row.desktop_worst_stall_ms_max),
      cell(row.acted_at_s_median),
      cell(row.min_available_mib_median),
      row.guard !== 'firebreak' ? '' : row.missed.length === 0 ? 'met' : row.missed.join('; ')
    ].join(' | ')
  )
  return [
    `| ${HEADS.join(' | ')} |`,
    `|${HEADS.map(() => '---|').join('')}`,
    ...lines.map((line) => `| ${line} |`)
  ].join('\n')
}

/** Writes docs/measurements/lab.md. */
export async function writeReport(rows: readonly LabRow[], facts: LabFacts): Promise<void> {
  const cases = CASES.map(({ name, about, expect }) => `- \`${name}\` (${expect}): ${about}`)
  const text = [
    '# The starvation lab',
    '',
    '`npm run -s lab -- --json` writes this page. What the lab is and how it works: `test/lab/README.md`.',
    '',
    `Measured with ${facts.qemu}, emulated, on ${facts.cpu} (Linux ${facts.kernel}); commit ${facts.commit?.slice(0, 12) ?? 'unknown'}. The guest: ${facts.guest}.`,
    '',
    '## Results',
    '',
    tableOf(rows),
    '',
    'Times begin with the hog’s first step. A stall is how late the desktop’s 10 ms tick came, from the hog’s start to the end of the run; a desktop that died stood still until its death. ‘Stopped’ means ended or frozen by the guard, not by the kernel. A wrong victim is anybody else who died or was frozen. Runs that came to no end are not counted: ' +
      `${rows.reduce((sum, row) => sum + row.void_runs, 0)}.`,
    '',
    '## Cases',
    '',
    ...cases,
    ''
  ].join('\n')
  const options = await resolveConfig(REPORT)
  const pretty = await format(text, { ...options, parser: 'markdown' })
  if (readOrEmpty(REPORT) !== pretty) writeFileSync(REPORT, pretty)
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

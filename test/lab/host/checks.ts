import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { checksFile } from './case-file.ts'
import type { Built } from './matrix.ts'
import { CHECKS_REPORT, LAB, RUNS } from './places.ts'
import type { LabFacts } from './report.ts'
import { runMachine } from './vm.ts'

const PREFIX = 'checks.'

/** One thing that is so or not; names are relied on by scripts. */
export interface CheckRow {
  readonly check: string
  readonly passed: boolean
  readonly detail: string
}

/** What a guest told of its checks; with one that failed where it did not come to the end of them. */
export function checksOf(log: string): readonly CheckRow[] {
  const lines = log.split('\n').map((line) => line.replace(/\r$/, ''))
  const rows = lines.flatMap((line): readonly CheckRow[] =>
    line.startsWith('@check ') ? [JSON.parse(line.slice('@check '.length)) as CheckRow] : []
  )
  if (lines.includes('@checks-done')) return rows
  const begin = lines.indexOf('@BEGIN errors')
  const errors = begin < 0 ? [] : lines.slice(begin + 1, lines.indexOf('@END errors', begin))
  const detail = errors.filter((line) => line !== '').join(' ') || 'the machine did not come to its end'
  return [...rows, { check: 'all checks were made', passed: false, detail }]
}

/** Runs test/lab/checks in one machine, or reads what that told before. */
export async function runChecks(
  { image, product }: Built,
  { fresh, say }: { readonly fresh: boolean; readonly say: (line: string) => void }
): Promise<readonly CheckRow[]> {
  const folder = join(LAB, 'checks')
  const files = readdirSync(folder)
    .toSorted()
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const)
  const text = checksFile(files)
  const hash = createHash('sha256').update(image.hash).update(product.hash).update(text)
  const log = join(RUNS, `${PREFIX}${hash.digest('hex').slice(0, 12)}.log`)
  mkdirSync(RUNS, { recursive: true })
  if (!fresh && existsSync(log)) {
    const before = checksOf(readFileSync(log, 'utf8'))
    if (before.every(({ passed }) => passed)) return before
  }
  for (const name of readdirSync(RUNS)) {
    if (name.startsWith(PREFIX)) rmSync(join(RUNS, name), { force: true })
  }
  const { wallS } = await runMachine(image.image, product.disk, text, log)
  say(`lab: checks made in ${wallS.toFixed(0)} s; ${log}`)
  return checksOf(readFileSync(log, 'utf8'))
}

const inCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')

/** The table, for people. */
export const checksTable = (rows: readonly CheckRow[]): string =>
  [
    '| check | passed | detail |',
    '|---|---|---|',
    ...rows.map(
      ({ check, passed, detail }) => `| ${inCell(check)} | ${passed ? 'yes' : 'NO'} | ${inCell(detail)} |`
    )
  ].join('\n')

/** Writes docs/measurements/lab-checks.md. */
export async function writeChecksReport(rows: readonly CheckRow[], facts: LabFacts): Promise<void> {
  const failed = rows.filter(({ passed }) => !passed).length
  const text = [
    '# Checks in the starvation lab',
    '',
    '`npm run -s lab -- --checks --json` writes this page: what the root helper, polkit and the conflict check do on a running system, in one virtual machine (`test/lab/README.md`) with the product as installed.',
    '',
    `${rows.length - failed} of ${rows.length} checks passed; commit ${facts.commit?.slice(0, 12) ?? 'unknown'}. The guest: ${facts.guest}.`,
    '',
    checksTable(rows),
    ''
  ].join('\n')
  const options = await resolveConfig(CHECKS_REPORT)
  writeFileSync(CHECKS_REPORT, await format(text, { ...options, parser: 'markdown' }))
}

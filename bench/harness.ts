import { spawnSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'

export type Cell = string | number | boolean | null
export type Row = Readonly<Record<string, Cell>>

export interface Measured {
  /** Names are relied on by scripts. */
  readonly figures: Readonly<Record<string, number>>
  readonly rows: readonly Row[]
}

export interface BenchOption {
  readonly name: string
  readonly help: string
  readonly defaultValue: number
  readonly min: number
  readonly max: number
}

/** An option that takes a path and may be given several times. */
export interface PathOption {
  readonly name: string
  readonly help: string
}

export interface BenchContext {
  /** The option's value, checked. */
  number(name: string): number
  /** The paths given, in order. */
  paths(name: string): readonly string[]
  /** Progress, on stderr. */
  say(message: string): void
  /** Runs at the end, however it ends: normally, by an error, by Ctrl-C. Must be synchronous. */
  atEnd(undo: () => void): void
}

export interface Bench {
  readonly name: string
  readonly options: readonly BenchOption[]
  readonly paths?: readonly PathOption[]
  measure(context: BenchContext): Promise<Measured>
}

const EXIT_UNEXPECTED = 1
const EXIT_USAGE = 2
/** 128 + SIGINT, as shells say it. */
const EXIT_INTERRUPTED = 130

/** What the figures were measured on. */
export const machine = () => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memTotalBytes: totalmem(),
  kernel: release(),
  node: process.version
})

function git(...args: string[]): string | null {
  const run = spawnSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' })
  return run.status === 0 ? run.stdout.trim() : null
}

class UsageError extends Error {}

interface Options {
  readonly json: boolean
  readonly values: ReadonlyMap<string, number>
  readonly paths: ReadonlyMap<string, readonly string[]>
}

function readOptions(bench: Bench): Options {
  const pathOptions = bench.paths ?? []
  const usage = [
    `usage: npm run -s bench -- ${bench.name} [--json]${pathOptions.map((o) => ` [--${o.name} PATH]...`).join('')}${bench.options.map((o) => ` [--${o.name} N]`).join('')}`,
    ...pathOptions.map((o) => `  --${o.name}  ${o.help} (may be repeated)`),
    ...bench.options.map((o) => `  --${o.name}  ${o.help} (default ${o.defaultValue})`)
  ].join('\n')
  const config: ParseArgsOptionsConfig = { json: { type: 'boolean' }, help: { type: 'boolean' } }
  for (const option of bench.options) config[option.name] = { type: 'string' }
  for (const option of pathOptions) config[option.name] = { type: 'string', multiple: true }
  let given: ReturnType<typeof parseArgs>['values']
  try {
    given = parseArgs({ options: config }).values
  } catch (error) {
    throw new UsageError(`bench ${bench.name}: ${error instanceof Error ? error.message : error}\n${usage}`)
  }
  if (given['help'] === true) {
    console.log(usage)
    process.exit(0)
  }
  const values = new Map<string, number>()
  for (const { name, defaultValue, min, max } of bench.options) {
    const value = given[name] === undefined ? defaultValue : Number(given[name])
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new UsageError(
        `bench ${bench.name}: --${name} takes a whole number from ${min} to ${max}\n${usage}`
      )
    }
    values.set(name, value)
  }
  const paths = new Map(
    pathOptions.map(({ name }) => {
      const value = given[name]
      return [name, Array.isArray(value) ? value.map(String) : []]
    })
  )
  return { json: given['json'] === true, values, paths }
}

/** Runs one benchmark from the command line: a table, or one JSON object on stdout; messages on stderr. */
export async function runBench(bench: Bench): Promise<void> {
  const undos: (() => void)[] = []
  const undoAll = (): void => {
    for (const undo of undos.splice(0).toReversed()) undo()
  }
  const interrupted = (): void => {
    undoAll()
    process.exit(EXIT_INTERRUPTED)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, interrupted)
  process.on('exit', undoAll)
  try {
    const { json, values, paths } = readOptions(bench)
    const measured = await bench.measure({
      number: (name) => values.get(name) ?? Number.NaN,
      paths: (name) => paths.get(name) ?? [],
      say: (message) => console.error(`${bench.name}: ${message}`),
      atEnd: (undo) => undos.push(undo)
    })
    const status = git('status', '--porcelain', '--untracked-files=no')
    const report = {
      bench: bench.name,
      commit: git('rev-parse', 'HEAD'),
      uncommittedChanges: status === null ? null : status !== '',
      machine: machine(),
      figures: measured.figures,
      rows: measured.rows
    }
    if (json) console.log(JSON.stringify(report))
    else print(report.figures, report.rows)
  } catch (error) {
    console.error(error instanceof UsageError ? error.message : error)
    process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_UNEXPECTED
  } finally {
    undoAll()
    for (const signal of signals) process.off(signal, interrupted)
  }
}

function print(figures: Measured['figures'], rows: readonly Row[]): void {
  const { cpu, cores, memTotalBytes, kernel, node } = machine()
  console.log(
    `${cpu}, ${cores} cores, ${(memTotalBytes / 2 ** 30).toFixed(1)} GiB, Linux ${kernel}, Node ${node}`
  )
  console.table(Object.entries(figures).map(([figure, value]) => ({ figure, value })))
  if (rows.length > 0) console.table(rows)
}

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** The p-th percentile (0..100) by nearest rank; NaN of nothing. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return (
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil((p / 100) * sorted.length) - 1))] ?? Number.NaN
  )
}

export const round = (value: number, digits: number): number => Number(value.toFixed(digits))

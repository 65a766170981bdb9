import { parseArgs } from 'node:util'
import {
  CASES,
  CASES_OF_OTHERS,
  GUARDS,
  RUNS_OF_FIREBREAK,
  RUNS_OF_OTHERS,
  type GuardName
} from '../cases.ts'
import { checksTable, runChecks, writeChecksReport } from './checks.ts'
import { buildImage } from './image.ts'
import { runMatrix, type Plan } from './matrix.ts'
import { whatIsMissing } from './needs.ts'
import { buildProductDisk } from './product.ts'
import { factsOf, tableOf, writeReport } from './report.ts'
import { rowsOf } from './table.ts'

const EXIT_UNEXPECTED = 1
const EXIT_USAGE = 2
/** A machine takes one core of the host and 1 GiB. */
const LANES = 2
const MOST_RUNS = 100

const USAGE = `usage: npm run -s lab -- [--json] [--runs N] [--cases a,b] [--guards ${GUARDS.join(',')}] [--lanes N] [--fresh] [--measured] [--no-report]
       npm run -s lab -- --checks [--json] [--fresh] [--no-report]
cases: ${CASES.map(({ name }) => name).join(', ')}
--runs N      runs of each case (default ${RUNS_OF_FIREBREAK} with firebreak, ${RUNS_OF_OTHERS} with the others)
--fresh       measures again what was measured before with the same machine and case
--measured    runs nothing: tells what was measured with this machine and product
--no-report   leaves docs/measurements as it is
--checks      measures nothing: checks protection, polkit and conflicts in one machine`

class UsageError extends Error {}

function options(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      runs: { type: 'string' },
      cases: { type: 'string' },
      guards: { type: 'string' },
      lanes: { type: 'string', default: String(LANES) },
      fresh: { type: 'boolean', default: false },
      checks: { type: 'boolean', default: false },
      measured: { type: 'boolean', default: false },
      'no-report': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false }
    }
  })
  const number = (name: string, text: string): number => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < 1 || value > MOST_RUNS) {
      throw new UsageError(`--${name} takes a number from 1 to ${MOST_RUNS}, not '${text}'`)
    }
    return value
  }
  return {
    ...values,
    lanes: number('lanes', values.lanes),
    runs: values.runs === undefined ? null : number('runs', values.runs),
    cases: chosen(
      'case',
      values.cases,
      CASES.map(({ name }) => name)
    ),
    guards: chosen('guard', values.guards, GUARDS)
  }
}

/** The named ones of all; null where none was named. */
function chosen<Name extends string>(
  what: string,
  text: string | undefined,
  all: readonly Name[]
): readonly Name[] | null {
  if (text === undefined) return null
  return text.split(',').map((name) => {
    const found = all.find((candidate) => candidate === name)
    if (found === undefined)
      throw new UsageError(`there is no ${what} '${name}'; there are: ${all.join(', ')}`)
    return found
  })
}

/** All guards and their cases, or the chosen ones; a case that is named is run under every guard that is. */
function plansOf({
  cases,
  guards,
  runs
}: Pick<ReturnType<typeof options>, 'cases' | 'guards' | 'runs'>): readonly Plan[] {
  const belongs = (name: string, guard: GuardName): boolean =>
    cases === null
      ? guard === 'firebreak' || CASES_OF_OTHERS.includes(name)
      : cases.includes(name) && (guards !== null || guard === 'firebreak' || CASES_OF_OTHERS.includes(name))
  return CASES.flatMap((one) =>
    (guards ?? GUARDS)
      .filter((guard) => belongs(one.name, guard))
      .map((guard) => ({
        one,
        guard,
        runs: runs ?? (guard === 'firebreak' ? RUNS_OF_FIREBREAK : RUNS_OF_OTHERS)
      }))
  )
}

async function main(): Promise<void> {
  const chosenOptions = options(process.argv.slice(2))
  if (chosenOptions.help) return console.log(USAGE)
  const say = (line: string): void => console.error(line)
  const missing = whatIsMissing(say)
  if (missing !== null) {
    say(`lab: ${missing}`)
    process.exitCode = EXIT_UNEXPECTED
    return
  }
  const built = { image: await buildImage(say), product: await buildProductDisk() }
  const { lanes, fresh, measured } = chosenOptions
  if (chosenOptions.checks) {
    const rows = await runChecks(built, { fresh, say })
    if (!chosenOptions['no-report']) await writeChecksReport(rows, factsOf())
    console.log(chosenOptions.json ? JSON.stringify({ lab: 'checks', rows }) : checksTable(rows))
    if (!rows.every(({ passed }) => passed)) process.exitCode = EXIT_UNEXPECTED
    return
  }
  const plans = plansOf(chosenOptions)
  const rows = rowsOf(await runMatrix(plans, built, { lanes, fresh, runNothing: measured, say }))
  const facts = factsOf()
  // A part of the matrix is no report.
  const isWhole = chosenOptions.cases === null && chosenOptions.guards === null
  if (isWhole && rows.length > 0 && !chosenOptions['no-report']) await writeReport(rows, facts)
  console.log(chosenOptions.json ? JSON.stringify({ lab: facts, rows }) : tableOf(rows))
}

process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error)
  console.error(`lab: ${message}`)
  const isUsage = error instanceof UsageError || (error instanceof TypeError && message.includes('option'))
  if (isUsage) console.error(USAGE)
  process.exitCode = isUsage ? EXIT_USAGE : EXIT_UNEXPECTED
})

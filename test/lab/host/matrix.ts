import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { GuardName, LabCase } from '../cases.ts'
import { caseFile, prepareFile } from './case-file.ts'
import type { BuiltImage } from './image.ts'
import { parseLog } from './log.ts'
import { RUNS } from './places.ts'
import { createPreparedMachines } from './prepared.ts'
import type { Product } from './product.ts'
import { scoreRun, type RunScore } from './score.ts'
import type { Measured } from './table.ts'
import { runMachine } from './vm.ts'

/** One case under one guard, a number of times. */
export interface Plan {
  readonly one: LabCase
  readonly guard: GuardName
  readonly runs: number
}

export interface Built {
  readonly image: BuiltImage
  readonly product: Product
}

interface Job {
  readonly name: string
  readonly log: string
  readonly text: string
  /** What has to be done before, and is done once for all runs that need the same; null: nothing. */
  readonly preparation: string | null
}

/** A log is good for as long as nothing that it depends on has changed: then a run need not be repeated. */
function jobsOf(plan: Plan, built: Built): readonly Job[] {
  const preparation = plan.guard === 'firebreak' ? prepareFile(plan.one) : null
  return Array.from({ length: plan.runs }, (_, index) => {
    const name = `${plan.one.name}.${plan.guard}.${index + 1}`
    const text = caseFile(plan.one, plan.guard, index)
    const hash = createHash('sha256').update(built.image.hash).update(text)
    if (preparation !== null) hash.update(built.product.hash).update(preparation)
    const key = hash.digest('hex').slice(0, 12)
    return { name, text, preparation, log: join(RUNS, `${name}.${key}.log`) }
  })
}

export interface MatrixOptions {
  readonly lanes: number
  /** Forget what was measured before. */
  readonly fresh: boolean
  /** Only score what there is. */
  readonly runNothing: boolean
  readonly say: (line: string) => void
}

/** Runs all that has no log yet, some machines at a time, and scores everything. */
export async function runMatrix(
  plans: readonly Plan[],
  built: Built,
  options: MatrixOptions
): Promise<readonly Measured[]> {
  mkdirSync(RUNS, { recursive: true })
  const jobs = plans.map((plan) => jobsOf(plan, built))
  if (options.fresh) jobs.flat().forEach(({ log }) => rmSync(log, { force: true }))
  // First runs of all cases come first, so that an interrupted matrix has something of each.
  const most = Math.max(0, ...jobs.map((list) => list.length))
  const queue = Array.from({ length: most }, (_, index) =>
    jobs.flatMap((list) => list.slice(index, index + 1))
  )
    .flat()
    // One that came to no end is tried again.
    .filter(({ log }) => scoreLog(log) === null)
  if (options.runNothing) queue.length = 0
  const total = queue.length
  const prepared = createPreparedMachines(built, options.say)
  const lane = async (): Promise<void> => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const number = total - queue.length
      removeOldLogs(job)
      const image = job.preparation === null ? built.image.image : await prepared(job.preparation)
      const { wallS } = await runMachine(image, built.product.disk, job.text, job.log)
      options.say(
        `lab: ${number}/${total} ${job.name}: ${inWords(scoreLog(job.log))} (${wallS.toFixed(0)} s)`
      )
    }
  }
  await Promise.all(Array.from({ length: options.lanes }, lane))
  return plans.map(({ one, guard }, index) => ({
    case: one.name,
    guard,
    expect: one.expect,
    scores: (jobs[index] ?? []).filter(({ log }) => existsSync(log)).map(({ log }) => scoreLog(log))
  }))
}

/** Those of the same run with another key. */
function removeOldLogs({ name }: Job): void {
  for (const file of readdirSync(RUNS)) {
    if (file.startsWith(`${name}.`)) rmSync(join(RUNS, file), { force: true })
  }
}

function scoreLog(path: string): RunScore | null {
  if (!existsSync(path)) return null
  const parsed = parseLog(readFileSync(path, 'utf8'))
  return parsed.ok ? scoreRun(parsed.log) : null
}

function inWords(score: RunScore | null): string {
  if (score === null) return 'void'
  const hog = score.hogStopped
    ? 'hog stopped'
    : score.hogKilledByKernel
      ? 'hog killed by the kernel'
      : 'hog lives'
  return [
    score.desktopSurvived ? 'desktop lives' : 'desktop died',
    `${hog}${score.actedAtS === null ? '' : `, first act at ${score.actedAtS} s`}`,
    `stall ${score.worstStallMs} ms`,
    `least ${score.minAvailableMib} MiB`,
    ...(score.wrongVictims.length > 0 ? [`harmed: ${score.wrongVictims.join(', ')}`] : [])
  ].join('; ')
}

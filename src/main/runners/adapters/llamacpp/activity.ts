import type { Reading } from '../../../../shared/model/reading.ts'
import type { RunnerActivity } from '../../../../shared/model/runner.ts'
import { timeLeft } from '../common/deadline.ts'
import { exchange } from '../common/http.ts'
import { readMetrics } from '../common/prometheus.ts'
import { generatingRate } from './generating.ts'
import { routerModels } from './router.ts'

const RUNNING = 'llamacpp:requests_processing'
const WAITING = 'llamacpp:requests_deferred'
/** Since the last look at the page; counted when a request is over, so 0 in the midst of a long one. */
const RATE = 'llamacpp:predicted_tokens_seconds'
/** Moves with every step of the model, also in the midst of a request. */
const STEPS = 'llamacpp:n_decode_total'
const WANTED: ReadonlySet<string> = new Set([RUNNING, WAITING, RATE, STEPS])
/** The page is made between two steps: where work goes on, the second or third reading shows one more. */
const READINGS = 3
const BETWEEN_MS = 100

type Activity = Omit<RunnerActivity, 'idleSinceMs'>
type Figures = ReadonlyMap<string, number>

/** What it does, from its metrics page; in a router, all its loaded models together. Null where there is none. */
export async function activityOf(url: string, timeoutMs: number): Promise<Activity | null> {
  const left = timeLeft(timeoutMs)
  const page = new URL('/metrics', url).href
  const single = await read(page, left)
  if (single !== null) return activityFrom(page, single, left)
  const models = await routerModels.list(url, left())
  if (models === null) return null
  const all: Activity[] = []
  for (const { name, state } of models) {
    if (state !== 'loaded') continue
    const one = `${page}?model=${encodeURIComponent(name)}`
    const figures = await read(one, left)
    if (figures !== null) all.push(await activityFrom(one, figures, left))
  }
  return all.reduce(add, { busy: false, requestsRunning: 0, requestsWaiting: 0, tokensPerS: 0 })
}

async function read(page: string, left: () => number): Promise<Figures | null> {
  const answer = await exchange(page, left())
  if (answer === null || answer.status !== 200) return null
  const figures = readMetrics(answer.text, WANTED)
  return figures.size === 0 ? null : figures
}

async function activityFrom(page: string, figures: Figures, left: () => number): Promise<Activity> {
  const requestsRunning = figures.get(RUNNING) ?? 'unknown'
  const requestsWaiting = figures.get(WAITING) ?? 'unknown'
  const busy =
    requestsRunning === 'unknown' ? 'unknown' : requestsRunning > 0 || (figures.get(WAITING) ?? 0) > 0
  const rate = figures.get(RATE) ?? 'unknown'
  return {
    busy,
    requestsRunning,
    requestsWaiting,
    tokensPerS: busy === true ? await busyRate(page, figures, left) : rate
  }
}

/** What is generated now, else what was until a moment ago; 'none at all' is said only where no step was made. */
async function busyRate(page: string, figures: Figures, left: () => number): Promise<Reading> {
  const now = figures.get(RUNNING) === 0 ? 'unknown' : await generatingRate(page, left)
  if (now !== 'unknown') return now
  const rate = figures.get(RATE) ?? 'unknown'
  return rate === 0 && (await makesSteps(page, figures, left)) ? 'unknown' : rate
}

/** Whether the model made a step between two readings; what cannot be read is no proof that it made none. */
async function makesSteps(page: string, first: Figures, left: () => number): Promise<boolean> {
  const before = first.get(STEPS)
  if (before === undefined) return true
  for (let reading = 1; reading < READINGS; reading += 1) {
    if (left() <= BETWEEN_MS) return true
    await new Promise((done) => setTimeout(done, BETWEEN_MS))
    const next = await read(page, left)
    if (next === null || next.get(RUNNING) === 0 || next.get(STEPS) !== before) return true
  }
  return false
}

function add(sum: Activity, one: Activity): Activity {
  return {
    busy: sum.busy === true || one.busy === true ? true : one.busy === 'unknown' ? 'unknown' : sum.busy,
    requestsRunning: plus(sum.requestsRunning, one.requestsRunning),
    requestsWaiting: plus(sum.requestsWaiting, one.requestsWaiting),
    tokensPerS: plus(sum.tokensPerS, one.tokensPerS)
  }
}

const plus = (a: Activity['tokensPerS'], b: Activity['tokensPerS']): Activity['tokensPerS'] =>
  typeof a === 'number' && typeof b === 'number' ? a + b : 'unknown'

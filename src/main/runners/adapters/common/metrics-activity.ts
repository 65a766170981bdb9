import type { Reading } from '../../../../shared/model/reading.ts'
import type { RunnerActivity } from '../../../../shared/model/runner.ts'
import { timeLeft } from './deadline.ts'
import { exchange } from './http.ts'
import { readMetrics } from './prometheus.ts'

/** Between the two readings of a counter: long enough that a model of one token a second is not taken for still. */
const RATE_WINDOW_MS = 1_000
/** What the second reading may take; with less time left it is not begun. */
const SECOND_READING_MS = 200

/** What a server calls its figures, the first name that it has counts. */
export interface MetricNames {
  readonly path: string
  readonly running: readonly string[]
  readonly waiting: readonly string[]
  /** A counter of generated tokens. */
  readonly tokens: readonly string[]
}

type Activity = Omit<RunnerActivity, 'idleSinceMs'>

/**
 * What a server does now, from its Prometheus metrics; null where it has none or does not answer.
 *
 * Servers count tokens and say no rate. Nothing is kept between two looks, so a busy one is read twice within one.
 */
export async function activityFromMetrics(
  names: MetricNames,
  url: string,
  timeoutMs: number
): Promise<Activity | null> {
  const left = timeLeft(timeoutMs)
  const wanted = new Set([...names.running, ...names.waiting, ...names.tokens])
  const read = async (): Promise<ReadonlyMap<string, number> | null> => {
    const answer = await exchange(new URL(names.path, url).href, left())
    return answer === null || answer.status !== 200 ? null : readMetrics(answer.text, wanted)
  }
  const first = await read()
  if (first === null || first.size === 0) return null
  const requestsRunning = firstOf(first, names.running)
  const requestsWaiting = firstOf(first, names.waiting)
  const busy = isBusy(requestsRunning, requestsWaiting)
  const activity = { busy, requestsRunning, requestsWaiting }
  if (busy !== true) return { ...activity, tokensPerS: busy === false ? 0 : 'unknown' }
  const before = firstOf(first, names.tokens)
  if (typeof before !== 'number' || left() < RATE_WINDOW_MS + SECOND_READING_MS) {
    return { ...activity, tokensPerS: 'unknown' }
  }
  const startMs = performance.now()
  await new Promise((done) => setTimeout(done, RATE_WINDOW_MS))
  const second = await read()
  // One that came to its end in between was not at work all the time.
  const isOver = second === null || firstOf(second, names.running) === 0
  const after = isOver ? 'unknown' : firstOf(second, names.tokens)
  return { ...activity, tokensPerS: rate(before, after, performance.now() - startMs) }
}

/** Busy is what has a request, running or waiting. */
export function isBusy(running: Reading, waiting: Reading): boolean | 'unknown' {
  if ((typeof running === 'number' && running > 0) || (typeof waiting === 'number' && waiting > 0))
    return true
  return typeof running === 'number' ? false : 'unknown'
}

/** A counter that went back was begun anew. */
function rate(before: number, after: Reading, elapsedMs: number): Reading {
  if (typeof after !== 'number' || after < before || elapsedMs <= 0) return 'unknown'
  return ((after - before) * 1000) / elapsedMs
}

const firstOf = (figures: ReadonlyMap<string, number>, names: readonly string[]): Reading =>
  names.map((name) => figures.get(name)).find((figure) => figure !== undefined) ?? 'unknown'

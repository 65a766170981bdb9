import type { Row } from '../harness.ts'
import type { Judged } from './judged.ts'
import { logCase, type LogCase } from './llama-logs.ts'
import { simulatedCase, type Pair, type SimulatedCase } from './llama-simulated.ts'
import { othersSay } from './others.ts'
import { agrees, type Planner } from './planner.ts'
import { figure, median, percentile, percentWhere } from './rows.ts'

const P95 = 0.95
/** More than so many percent too low is an under-estimate. */
const UNDER_PERCENT = 2
const DIGITS = 4

/** (estimated − truth) / truth in percent: below 0 is too low. */
const errorPercent = ({ truth, estimated }: Pair): number => (100 * (estimated - truth)) / truth
const absolute = (pairs: readonly Pair[]): readonly number[] =>
  pairs.map((pair) => Math.abs(errorPercent(pair)))

const present = <T>(values: readonly (T | null)[]): readonly T[] => values.filter((value) => value !== null)

/** Errors of one part over some rows, as columns. */
function columns(part: string, pairs: readonly Pair[]): Row {
  const errors = absolute(pairs)
  return {
    [`${part}_rows`]: pairs.length,
    [`${part}_median_percent`]: figure(median(errors), DIGITS),
    [`${part}_p95_percent`]: figure(percentile(errors, P95), DIGITS),
    [`${part}_max_percent`]: figure(percentile(errors, 1), DIGITS),
    [`${part}_under_2_percent`]: pairs.filter((pair) => errorPercent(pair) < -UNDER_PERCENT).length
  }
}

function grouped<T>(
  cases: readonly T[],
  classOf: (one: T) => string
): readonly (readonly [string, readonly T[]])[] {
  const groups = new Map<string, T[]>()
  for (const one of cases) {
    const group = groups.get(classOf(one))
    if (group === undefined) groups.set(classOf(one), [one])
    else group.push(one)
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** The planner's column: in how many rows that it answered both agree, or why it did not. */
function plannerColumn(cases: readonly SimulatedCase[], planner: Planner): Row {
  let asked = 0
  let same = 0
  let why = 'not asked'
  for (const one of cases) {
    const said = planner.ask(one)
    if (said.kind === 'none') {
      why = said.why
      continue
    }
    asked += 1
    if (one.context !== null && agrees(said.contextMiB, one.context.estimated)) same += 1
  }
  return { fit_params: asked > 0 ? `${same} of ${asked} same` : why }
}

/** Of the context, gguf-parser-go's and Ollama's; of compute, gguf-parser-go's: median error in percent. */
function otherColumns(cases: readonly SimulatedCase[]): Row {
  const context: number[] = []
  const ollama: number[] = []
  const compute: number[] = []
  for (const one of cases) {
    const said = othersSay(one)
    if (said === null) continue
    if (one.context !== null) {
      const { truth } = one.context
      context.push(Math.abs(errorPercent({ truth, estimated: said.parserCacheBytes })))
      ollama.push(Math.abs(errorPercent({ truth, estimated: said.ollamaCacheBytes })))
    }
    if (one.compute !== null) {
      compute.push(Math.abs(errorPercent({ truth: one.compute.truth, estimated: said.parserComputeBytes })))
    }
  }
  return {
    gguf_parser_context_median_percent: figure(median(context), 1),
    ollama_context_median_percent: figure(median(ollama), 1),
    gguf_parser_compute_median_percent: figure(median(compute), 1)
  }
}

function simulatedRows(cases: readonly SimulatedCase[], planner: Planner): readonly Row[] {
  return grouped(cases, ({ architecture, shape }) => `${architecture} ${shape}`).map(([name, group]) => {
    const context = present(group.map((one) => one.context))
    const compute = present(group.map((one) => one.compute))
    return {
      file: 'llamacpp-simulated',
      class: name,
      rows: group.length,
      context_exact: context.filter(({ truth, estimated }) => truth === estimated).length,
      ...columns('compute', compute),
      compute_under_with_safety: compute.filter(({ truth, withSafety }) => withSafety < truth).length,
      ...columns('compute_host', present(group.map((one) => one.hostCompute))),
      ...plannerColumn(group, planner),
      ...otherColumns(group)
    }
  })
}

const logRows = (cases: readonly LogCase[]): readonly Row[] =>
  grouped(cases, ({ quality, architecture }) => `${quality} ${architecture}`).map(([name, group]) => {
    const cache = present(group.map((one) => one.cache))
    return {
      file: 'llamacpp-logs',
      class: name,
      rows: group.length,
      context_exact: cache.filter(({ isExact }) => isExact).length,
      ...columns('context', cache),
      ...columns('weights', present(group.map((one) => one.weights))),
      ...columns('compute', present(group.map((one) => one.compute))),
      ...columns('total', present(group.map((one) => one.total)))
    }
  })

/** Logs and llama.cpp's own planner together: they share the figure of the cache. */
export function judgeLlama(
  logs: readonly unknown[],
  simulated: readonly unknown[],
  planner: Planner
): Judged {
  const allLogs = present(logs.map(logCase))
  const allSimulated = present(simulated.map(simulatedCase))
  const known = allLogs.filter((one) => !one.isUnknown)
  const knownSimulated = allSimulated.filter((one) => !one.isUnknown)
  const isExact = [
    ...present(known.map(({ cache }) => cache)).map((cache) => cache.isExact),
    ...present(knownSimulated.map(({ context }) => context)).map(
      ({ truth, estimated }) => truth === estimated
    )
  ]
  const weights = present(known.map((one) => one.weights))
  const compute = present(knownSimulated.map((one) => one.compute))
  const total = present(known.map((one) => one.total))
  const judgedLogs = known.filter(({ cache, weights: sizes }) => cache !== null || sizes !== null)
  const judgedSimulated = knownSimulated.filter((one) => one.context !== null || one.compute !== null)
  const unknown = allLogs.length - known.length + allSimulated.length - knownSimulated.length
  return {
    figures: {
      kv_rows: isExact.length,
      kv_exact_percent: figure(
        percentWhere(isExact, (exact) => exact),
        2
      ),
      weights_rows: weights.length,
      weights_p95_abs_error_percent: figure(percentile(absolute(weights), P95), DIGITS),
      compute_rows: compute.length,
      compute_median_abs_error_percent: figure(median(absolute(compute)), DIGITS),
      compute_under_rows: compute.filter(({ truth, withSafety }) => withSafety < truth).length,
      total_rows: total.length,
      total_median_percent: figure(median(absolute(total)), DIGITS),
      total_p95_percent: figure(percentile(absolute(total), P95), DIGITS),
      total_under_2_percent_count: total.filter((pair) => errorPercent(pair) < -UNDER_PERCENT).length
    },
    rows: [...logRows(allLogs), ...simulatedRows(allSimulated, planner)],
    notJudged: logs.length + simulated.length - judgedLogs.length - judgedSimulated.length - unknown,
    unknown
  }
}

import { endS, lowestUntil, readCurves, type Curve } from './collapse/curve.ts'
import { GUARDS } from './collapse/guards.ts'
import { madeFalls, madeQuiet, SOME_NOISE_GIB } from './collapse/made.ts'
import { replay, type Case, type Result } from './collapse/replay.ts'
import { round, runBench, type BenchContext, type Measured, type Row } from './harness.ts'

// Replays memory curves through the real decide() and the sentinel's pace, beside models of other guards.

const DEFAULT_LATENCY_S = 0.5
const LATENCIES_S = [0.2, 0.5, 1, 2, 5, 10] as const
/** A resting trace stays within this. */
const REST_RANGE_GIB = 1
const DIGITS = 2

interface Judged {
  readonly given: Case
  readonly result: Result
}

const judge = (given: Case): Judged => ({ given, result: replay(given) })

const rowOf = ({ given, result }: Judged, more: Row = {}): Row => ({
  trace: given.curve.name,
  class: given.curve.kind,
  guard: given.guard,
  latency_s: given.latencyS,
  rests_at_gib: given.restsAtGib ?? null,
  latency_learnt: given.learnt === true,
  min_available_gib: round(result.minAvailableGib, DIGITS),
  acted_at_s: result.actedAtS === null ? null : round(result.actedAtS, DIGITS),
  false_actions: result.falseActions,
  survivable: given.curve.kind === 'fall' ? result.survivable : null,
  floor_held: given.curve.kind === 'fall' ? result.held : null,
  ...more
})

const isFall = ({ given }: Judged): boolean => given.curve.kind === 'fall'

interface Totals {
  readonly falls: number
  readonly acted: number
  readonly survivable: number
  readonly held: number
  readonly quiet: number
  readonly falseActions: number
  readonly wrongVictims: number
  readonly worstGib: number | null
}

function totalsOf(all: readonly Judged[]): Totals {
  const falls = all.filter(isFall)
  const survivable = falls.filter(({ result }) => result.survivable)
  const quiet = all.filter((one) => !isFall(one))
  return {
    falls: falls.length,
    acted: falls.filter(({ result }) => result.acted).length,
    survivable: survivable.length,
    held: survivable.filter(({ result }) => result.held).length,
    quiet: quiet.length,
    falseActions: quiet.reduce((sum, { result }) => sum + result.falseActions, 0),
    wrongVictims: all.reduce((sum, { result }) => sum + result.wrongVictims, 0),
    worstGib:
      survivable.length === 0 ? null : Math.min(...survivable.map(({ result }) => result.minAvailableGib))
  }
}

/** A trace that stays at one level; it is replayed with and without that level learnt. */
function restLevel(curve: Curve): number | null {
  if (curve.kind !== 'healthy') return null
  const levels = curve.points.map((point) => point.availableGib)
  const lowest = lowestUntil(curve, endS(curve))
  return Math.max(...levels) - lowest <= REST_RANGE_GIB ? lowest : null
}

/** Once, and once more with its level learnt where it rests. */
const casesOf = (curve: Curve, guard: string, latencyS: number): readonly Case[] => {
  const level = guard === 'firebreak' ? restLevel(curve) : null
  const plain: Case = { curve, guard, latencyS }
  return level === null ? [plain] : [plain, { ...plain, restsAtGib: level }]
}

const summary = (name: string, totals: Totals, latencyS: number, learnt: boolean): Row => ({
  trace: name,
  guard: 'firebreak',
  latency_s: latencyS,
  latency_learnt: learnt,
  falls: totals.falls,
  falls_acted: totals.acted,
  survivable: totals.survivable,
  floor_held: totals.held,
  wrong_victims: totals.wrongVictims,
  min_available_gib: totals.worstGib === null ? null : round(totals.worstGib, DIGITS),
  acted_at_s: null,
  false_actions: totals.falseActions
})

async function measure(context: BenchContext): Promise<Measured> {
  const curves = context.paths('data').flatMap(readCurves)
  const rows: Row[] = []
  const published: Judged[] = []
  for (const curve of curves) {
    context.say(curve.name)
    for (const guard of Object.keys(GUARDS)) {
      const judged = casesOf(curve, guard, DEFAULT_LATENCY_S).map(judge)
      if (guard === 'firebreak') published.push(...judged)
      rows.push(...judged.map((one) => rowOf(one)))
    }
  }
  for (const curve of curves.filter(({ kind }) => kind === 'fall')) {
    for (const latencyS of LATENCIES_S) {
      for (const learnt of latencyS === DEFAULT_LATENCY_S ? [false] : [false, true]) {
        if (latencyS === DEFAULT_LATENCY_S) continue
        rows.push(rowOf(judge({ curve, guard: 'firebreak', latencyS, learnt })))
      }
    }
  }
  const figures: Record<string, number> = {}
  const total = totalsOf(published)
  figures['falls'] = total.falls
  figures['falls_acted'] = total.acted
  figures['survivable'] = total.survivable
  figures['floor_held'] = total.held
  figures['healthy'] = total.quiet
  figures['false_actions'] = total.falseActions
  if (total.worstGib !== null) figures['worst_min_available_gib'] = round(total.worstGib, DIGITS)

  const falls = madeFalls()
  for (const latencyS of LATENCIES_S) {
    context.say(`made falls, ${latencyS} s`)
    for (const learnt of latencyS === DEFAULT_LATENCY_S ? [false] : [false, true]) {
      const chosen =
        latencyS === DEFAULT_LATENCY_S
          ? falls
          : falls.filter((fall) => fall.curve.noiseGib === SOME_NOISE_GIB)
      const judged = chosen.map((fall) =>
        judge({
          ...fall,
          guard: 'firebreak',
          latencyS,
          learnt,
          phases: latencyS === DEFAULT_LATENCY_S ? 4 : 1
        })
      )
      const made = totalsOf(judged)
      rows.push(summary('made falls', made, latencyS, learnt))
      if (latencyS === DEFAULT_LATENCY_S) {
        figures['made_falls'] = made.falls
        figures['made_falls_acted'] = made.acted
        figures['made_survivable'] = made.survivable
        figures['made_floor_held'] = made.held
        figures['made_wrong_victims'] = made.wrongVictims
        rows.push(
          ...judged
            .filter(
              ({ result }) => !result.acted || (result.survivable && !result.held) || result.wrongVictims > 0
            )
            .map((one) => rowOf(one, { wrong_victims: one.result.wrongVictims }))
        )
        continue
      }
      const name = `latency_${String(latencyS).replace('.', '_')}s_${learnt ? 'learnt' : 'unlearnt'}`
      figures[`${name}_survivable`] = made.survivable
      figures[`${name}_floor_held`] = made.held
    }
  }
  context.say('made healthy curves')
  const quiet = madeQuiet().map((one) => judge({ ...one, guard: 'firebreak', latencyS: DEFAULT_LATENCY_S }))
  figures['made_healthy'] = quiet.length
  figures['made_false_actions'] = totalsOf(quiet).falseActions
  rows.push(...quiet.filter(({ result }) => result.falseActions > 0).map((one) => rowOf(one)))
  return { figures, rows }
}

await runBench({
  name: 'collapse',
  options: [],
  paths: [{ name: 'data', help: 'folder of published curves, time_s,mem_available_gib in CSV' }],
  measure
})

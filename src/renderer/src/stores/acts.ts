import type { RunnerState, RunnerView } from '../../../shared/model/runner.ts'

/** Something that happened to a model, worth a mark in the graph. paused, resumed, halted: by the guard. */
export interface Act {
  readonly id: string
  readonly label: string
  readonly kind: 'started' | 'stopped' | 'ended' | 'killed' | 'paused' | 'resumed' | 'halted'
  readonly atMs: number
}

/** As far back as the graph's longest window, in ms. */
const KEPT_MS = 900_000

const ALIVE: ReadonlySet<RunnerState> = new Set(['starting', 'loading', 'ready', 'stopping'])
const ENDED: ReadonlySet<RunnerState> = new Set(['failed', 'lost', 'restarting'])

/** What a change of a runner's view tells, at the time of the machine that is shown; null when it is no act. */
export function actOf(before: RunnerView | undefined, now: RunnerView, atMs: number): Act | null {
  const { id, label } = now
  if (now.startedAtMs !== null && now.startedAtMs !== before?.startedAtMs) {
    return { id, label, kind: 'started', atMs: now.startedAtMs }
  }
  if (before === undefined || !ALIVE.has(before.state)) return null
  if (now.state === 'stopped') return { id, label, kind: 'stopped', atMs }
  if (!ENDED.has(now.state)) return null
  return { id, label, kind: /\bkilled\b/i.test(now.text) ? 'killed' : 'ended', atMs }
}

/** `acts` with `act`, and without what no window reaches any more or is told twice. */
export function withAct(acts: readonly Act[], act: Act): readonly Act[] {
  const same = (one: Act): boolean => one.id === act.id && one.kind === act.kind && one.atMs === act.atMs
  return [...acts.filter((one) => one.atMs > act.atMs - KEPT_MS && !same(one)), act]
}

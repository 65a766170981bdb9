import type { GuardEvent } from '../../../shared/model/guard.ts'
import type { Act } from './acts.ts'

/** The guard names a runner by its id, or by its id in the ledger. */
export const runnerIdOf = (victimId: string): string => victimId.replace(/^runner:/, '')

/** Everything of the fire drill is of this watch: nobody's model was touched. */
export const DRILL_WATCH = 'drill'

const MARKED = { freeze: 'paused', thaw: 'resumed', terminate: 'halted', kill: 'halted' } as const

const isMarked = (kind: GuardEvent['kind']): kind is keyof typeof MARKED => kind in MARKED

/** What the guard did, as marks of the graph; TERM and the KILL after it are one stop. */
export function guardActs(newestFirst: readonly GuardEvent[]): readonly Act[] {
  const acts: Act[] = []
  for (const { kind, watchId, victimId, label, atMs } of newestFirst.toReversed()) {
    if (watchId === DRILL_WATCH || victimId === null || !isMarked(kind)) continue
    const act: Act = { id: runnerIdOf(victimId), label: label ?? victimId, kind: MARKED[kind], atMs }
    const last = acts.findLast((one) => one.id === act.id)
    if (last?.kind !== act.kind) acts.push(act)
  }
  return acts
}

/** A runner that the guard stopped is seen to end within this time, in ms: TERM, its grace, KILL. */
const SAME_END_MS = 30_000

const ENDS: ReadonlySet<Act['kind']> = new Set(['stopped', 'ended', 'killed'])

/** Acts of models and of the guard in one row; an end that was the guard's doing is told once, as such. */
export function allActs(ofModels: readonly Act[], ofGuard: readonly Act[]): readonly Act[] {
  if (ofGuard.length === 0) return ofModels
  const isGuards = (act: Act): boolean =>
    ENDS.has(act.kind) &&
    ofGuard.some(
      (one) =>
        one.kind === 'halted' &&
        one.id === act.id &&
        act.atMs >= one.atMs &&
        act.atMs - one.atMs < SAME_END_MS
    )
  return [...ofModels.filter((act) => !isGuards(act)), ...ofGuard]
}

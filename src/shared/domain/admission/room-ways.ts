import type { Verdict, WayOut } from '../../model/estimate.ts'
import { IMPORTANCES } from '../../model/importance.ts'
import { bytesInWords } from '../../util/bytes-in-words.ts'
import { verdictOf } from './verdict.ts'
import { betterFor, type RoomMaker, type WaysOutInput } from './ways-out-input.ts'

/** More than so many are no choice any more. */
const MOST_OF_A_KIND = 3
/** Below it is not worth the asking: 64 MiB. */
const LEAST_BYTES = 64 * 1024 ** 2

const held = ({ bytes }: RoomMaker): number => bytes.gpuBytes + bytes.hostBytes
/** One whose work cannot be seen is not taken for idle. */
const isIdle = ({ state, activity }: RoomMaker): boolean => state === 'ready' && activity?.busy === false
const rankOf = ({ importance }: RoomMaker): number => IMPORTANCES.indexOf(importance)

/** Least important first; of these the idle, longest idle first; then the largest. */
const byCost = (one: RoomMaker, other: RoomMaker): number =>
  rankOf(one) - rankOf(other) ||
  Number(isIdle(other)) - Number(isIdle(one)) ||
  (one.activity?.idleSinceMs ?? Number.MAX_SAFE_INTEGER) -
    (other.activity?.idleSinceMs ?? Number.MAX_SAFE_INTEGER) ||
  held(other) - held(one)

/** Runners that could make room, each with what it gives back. Pinned ones are never named. */
export function roomWays({
  profile,
  estimate,
  allocatableBytes,
  runners
}: Pick<WaysOutInput, 'profile' | 'estimate' | 'allocatableBytes' | 'runners'>): readonly WayOut[] {
  const now = verdictOf(estimate.total, estimate.confidence, allocatableBytes)
  const judge = (givesBackBytes: number): Verdict =>
    verdictOf(estimate.total, estimate.confidence, allocatableBytes + givesBackBytes)
  const isBetter = betterFor(estimate.confidence)
  // What is being stopped gives its memory back anyway.
  const others = runners.filter(
    (one) => !one.pinned && one.id !== profile.id && one.state !== 'stopped' && one.state !== 'stopping'
  )
  const candidates = others.filter((one) => held(one) >= LEAST_BYTES).toSorted(byCost)
  const helps = (verdict: Verdict): boolean => isBetter(verdict, now)
  return [...unloads(others.toSorted(byCost), judge, helps), ...stops(candidates, judge, helps)]
}

type Judge = (givesBackBytes: number) => Verdict
type Helps = (verdict: Verdict) => boolean

function unloads(runners: readonly RoomMaker[], judge: Judge, helps: Helps): readonly WayOut[] {
  const ways = runners.filter(isIdle).flatMap((runner): readonly WayOut[] => {
    const models = (runner.models ?? []).flatMap((model): readonly WayOut[] => {
      const bytes = typeof model.bytes === 'number' ? model.bytes : 0
      if (model.state !== 'loaded' || bytes < LEAST_BYTES) return []
      const label = `Unload ${model.name} from ${runner.label} (gives back ${bytesInWords(bytes)})`
      const verdict = judge(bytes)
      return [
        { kind: 'unload', label, runnerId: runner.id, model: model.name, givesBackBytes: bytes, verdict }
      ]
    })
    // What it gives back without ending is not known before; its GPU memory is what such a request is about.
    const bytes = runner.bytes.gpuBytes
    if (models.length > 0 || runner.free?.frees !== true || bytes < LEAST_BYTES) return models
    const label = `Free the memory of ${runner.label} (gives back up to ${bytesInWords(bytes)})`
    const verdict = judge(bytes)
    return [{ kind: 'unload', label, runnerId: runner.id, model: null, givesBackBytes: bytes, verdict }]
  })
  return ways.filter((way) => way.kind === 'unload' && helps(way.verdict)).slice(0, MOST_OF_A_KIND)
}

/** Each one that is enough alone; where none is, the smallest set. */
function stops(candidates: readonly RoomMaker[], judge: Judge, isHelp: Helps): readonly WayOut[] {
  const way = (set: readonly RoomMaker[]): WayOut => {
    const givesBackBytes = set.reduce((sum, one) => sum + held(one), 0)
    const names = set
      .map((one) => (isIdle(one) ? one.label : `${one.label}, which is not idle`))
      .join(' and ')
    const label = `Stop ${names} (gives back ${bytesInWords(givesBackBytes)})`
    return {
      kind: 'stop',
      label,
      runnerIds: set.map(({ id }) => id),
      givesBackBytes,
      verdict: judge(givesBackBytes)
    }
  }
  const helps = (set: readonly RoomMaker[]): boolean =>
    isHelp(judge(set.reduce((sum, one) => sum + held(one), 0)))
  const alone = candidates.filter((one) => helps([one]))
  if (alone.length > 0) return alone.slice(0, MOST_OF_A_KIND).map((one) => way([one]))
  const set: RoomMaker[] = []
  for (const one of candidates) {
    set.push(one)
    if (helps(set)) break
  }
  if (!helps(set)) return []
  // Those that turned out not to be needed stay, the most important ones first.
  for (const one of set.toReversed()) {
    const without = set.filter((other) => other !== one)
    if (helps(without)) set.splice(set.indexOf(one), 1)
  }
  return [way(set)]
}

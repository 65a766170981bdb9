import type { Candidate, Ranking, Refusal, VictimPhase } from '../../model/guard.ts'
import type { Importance } from '../../model/importance.ts'
import { isKnown } from '../../model/reading.ts'
import { bytesInWords } from '../../util/bytes-in-words.ts'
import { clamp } from '../../util/clamp.ts'
import { BUILT_IN_PROTECTED, isProtected } from './protected.ts'

const GIB = 1024 ** 3

export interface RankPolicy {
  /** The user's list, on top of the built-in one. */
  readonly protectedNames: readonly string[]
  /** Whether programs that Firebreak did not start may be stopped, or paused. */
  readonly mayStopForeign: boolean
  /** How fast memory falls now; 0: not. */
  readonly fallBytesPerS: number
}

/** A step of importance outweighs four times the memory. */
const IMPORTANCE_WEIGHT: Readonly<Record<Importance, number>> = { low: 0.25, normal: 1, high: 4 }
/**
 * Idle: nobody waits for it. Loading: nobody uses it yet. Frozen: takes no more memory, so a grower comes first.
 */
const PHASE_WEIGHT: Readonly<Record<VictimPhase, number>> = { idle: 2, loading: 1.5, ready: 1, frozen: 0.5 }
/** Growth that doubles the weight: a quarter GiB a second empties a full machine's reserve within half a minute. */
const GROWTH_UNIT = GIB / 4
const MOST_GROWTH_WEIGHT = 16
/** A minute of loading halves the weight. */
const RELOAD_UNIT_S = 60
/** A model of tens of GiB loads for about this long. */
const ASSUMED_RELOAD_S = 60
/** One of unknown size still is somebody. */
const LEAST_BYTES = 1024 ** 2
/** Who makes up this share of the fall is its cause. */
const CAUSE_SHARE = 0.5
/** From here on growth is worth a word, bytes per second. */
const GROWS_BYTES_PER_S = 16 * 1024 ** 2

/**
 * Who is stopped, in order, and who may not be stopped, with the reasons.
 *
 * Worth stopping: bytes that come back × growth × phase ÷ (importance × cost to reload). Among equals of importance
 * whoever makes up half of the present fall comes first. A runner is never protected by its name: its name is the
 * model server's, and who starts one with Firebreak has it guarded; pin it instead.
 */
export function rankVictims(candidates: readonly Candidate[], policy: RankPolicy): Ranking {
  const patterns = [...BUILT_IN_PROTECTED, ...policy.protectedNames]
  const judged = candidates.map((candidate) => ({
    candidate,
    bytes: bytesOf(candidate),
    because: refusalOf(candidate, policy, patterns)
  }))
  const refused = judged.flatMap(({ candidate: { id, label, kind }, bytes, because }) =>
    because === null ? [] : [{ id, label, kind, bytes, because }]
  )
  const allowed = judged.filter(({ because }) => because === null)
  const best = new Map<Importance, number>()
  for (const { candidate } of allowed) {
    best.set(candidate.importance, Math.max(best.get(candidate.importance) ?? 0, worth(candidate)))
  }
  const victims = allowed
    .map(({ candidate, bytes }) => ({
      candidate,
      bytes,
      causes: isCause(candidate, policy.fallBytesPerS),
      worth: worth(candidate)
    }))
    .map((one) => ({ ...one, place: one.causes ? (best.get(one.candidate.importance) ?? 0) : one.worth }))
    .toSorted(
      (a, b) => b.place - a.place || Number(b.causes) - Number(a.causes) || b.worth - a.worth || byId(a, b)
    )
    .map(({ candidate, bytes, causes }) => ({
      id: candidate.id,
      label: candidate.label,
      kind: candidate.kind,
      bytes,
      reloadS: candidate.reloadS,
      why: whyOf(candidate, bytes, causes)
    }))
  return { victims, refused: refused.toSorted((a, b) => b.bytes - a.bytes) }
}

const byId = (a: { readonly candidate: Candidate }, b: { readonly candidate: Candidate }): number =>
  a.candidate.id < b.candidate.id ? -1 : 1

const positive = (value: number): number => (Number.isFinite(value) && value > 0 ? value : 0)

const bytesOf = ({ gpuBytes, hostBytes }: Candidate): number => positive(gpuBytes) + positive(hostBytes)

function refusalOf(candidate: Candidate, policy: RankPolicy, patterns: readonly string[]): Refusal | null {
  if (candidate.pinned) return 'pinned'
  if (candidate.kind === 'runner') return null
  if (isProtected(candidate.names, patterns)) return 'protected'
  return policy.mayStopForeign ? null : 'not-allowed'
}

function worth(candidate: Candidate): number {
  const growth = clamp(1 + positive(candidate.growthBytesPerS) / GROWTH_UNIT, 1, MOST_GROWTH_WEIGHT)
  const reloadS = isKnown(candidate.reloadS) ? positive(candidate.reloadS) : ASSUMED_RELOAD_S
  return (
    (Math.max(bytesOf(candidate), LEAST_BYTES) * growth * PHASE_WEIGHT[candidate.phase]) /
    (IMPORTANCE_WEIGHT[candidate.importance] * (1 + reloadS / RELOAD_UNIT_S))
  )
}

const isCause = ({ growthBytesPerS }: Candidate, fallBytesPerS: number): boolean =>
  fallBytesPerS > 0 && positive(growthBytesPerS) >= fallBytesPerS * CAUSE_SHARE

function whyOf(candidate: Candidate, bytes: number, causes: boolean): string {
  const { growthBytesPerS, phase, importance } = candidate
  const rate = `${bytesInWords(positive(growthBytesPerS))}/s`
  const words: string[] = []
  if (causes) words.push(`makes up most of the fall: grows by ${rate}`)
  else if (growthBytesPerS >= GROWS_BYTES_PER_S) words.push(`grows by ${rate}`)
  if (phase === 'idle') words.push('idle')
  if (phase === 'loading') words.push('still loading')
  if (phase === 'frozen') words.push('paused')
  if (importance === 'low') words.push('low importance')
  if (words.length === 0) words.push(`holds ${bytesInWords(bytes)}`)
  if (importance === 'high') words.push('though of high importance')
  return words.join(', ')
}

import type { Estimate, Interval, Verdict } from '../../model/estimate.ts'
import type { Importance } from '../../model/importance.ts'
import type { Profile, RunnerView, SettingValue } from '../../model/runner.ts'
import { verdictOf } from './verdict.ts'

/** A runner that runs now and might make room. */
export type RoomMaker = Pick<
  RunnerView,
  'id' | 'label' | 'state' | 'bytes' | 'activity' | 'models' | 'free'
> & {
  readonly importance: Importance
  /** Nothing is ever asked of it. */
  readonly pinned: boolean
}

/** The same model in another quantisation. */
export interface OtherQuant {
  readonly path: string
  readonly label: string
  readonly total: Interval
  readonly confidence: Estimate['confidence']
}

/** What a server needs that takes a share of memory whatever it needs. */
export interface ServerNeed {
  /** Weights, overhead, and the cache for one request of the longest context: without them it refuses to start. */
  readonly neededBytes: number
  /** Of it, the cache. */
  readonly cacheBytes: number
  /** The share, in its own meaning, that holds it; above 1: none does. */
  readonly leastShare: number
}

/** What the ways out are looked for with; nothing else is looked at. */
export interface WaysOutInput {
  readonly profile: Profile
  /** The estimate that counts. */
  readonly estimate: Estimate
  readonly allocatableBytes: number
  /** What a launch could take with nothing else running: beyond it no waiting helps. */
  readonly mostBytes: number
  readonly memTotalBytes: number
  /** By formula, for a profile that differs from this one in its settings alone. */
  readonly estimateOf: (profile: Profile) => Estimate
  /** Context the model was trained with; null: not known. */
  readonly trainedContext: number | null
  /** llama.cpp would take a cache of 8 bits with this model and these arguments. */
  readonly canHaveSmallCache: boolean
  /** What it really needs, for a kind that asks for a share of memory; null: not known. */
  readonly needOf: (profile: Profile) => ServerNeed | null
  readonly quants: readonly OtherQuant[]
  readonly runners: readonly RoomMaker[]
}

type Settings = Readonly<Record<string, SettingValue>>

/** Settings that change, and what it would come to. */
export interface Tried {
  readonly settings: Settings
  readonly total: Interval
  readonly verdict: Verdict
}

const RANK: Readonly<Record<Verdict, number>> = { unknown: 0, 'does-not-fit': 0, tight: 1, fits: 2 }

type IsBetter = (one: Verdict, other: Verdict) => boolean

/** For an estimate of that confidence: of what is not known, not to be refused is all that can be had. */
export const betterFor =
  (confidence: Estimate['confidence']): IsBetter =>
  (one, other) =>
    RANK[one] > RANK[other] || (confidence === 'unknown' && one === 'unknown' && other === 'does-not-fit')

/** Tries settings: what they would come to, and whether that is better than it is now. */
export interface Trial {
  readonly now: Verdict
  try(settings: Settings): Tried
  /** Null where it helps nothing. */
  helpful(settings: Settings): Tried | null
  /**
   * The largest n of 1..most whose settings reach the best verdict that any n reaches; null where none is better than
   * now. Needs must grow with n.
   */
  largest(most: number, settingsOf: (n: number) => Settings): (Tried & { readonly n: number }) | null
}

/**
 * Variants are estimated by formula. Where the estimate that counts is above its formula, they are taken to be above
 * theirs by as much: no way out promises more than is known.
 */
export function createTrial({ profile, estimate, estimateOf, allocatableBytes }: WaysOutInput): Trial {
  const formula = estimateOf(profile).total
  const above = {
    low: Math.max(0, estimate.total.lowBytes - formula.lowBytes),
    expected: Math.max(0, estimate.total.expectedBytes - formula.expectedBytes),
    peak: Math.max(0, estimate.total.peakBytes - formula.peakBytes)
  }
  const now = verdictOf(estimate.total, estimate.confidence, allocatableBytes)
  const isBetter = betterFor(estimate.confidence)
  const attempt = (settings: Settings): Tried => {
    const changed = { ...profile, settings: { ...profile.settings, ...settings } } as Profile
    const { total: bare, confidence } = estimateOf(changed)
    const expectedBytes = bare.expectedBytes + above.expected
    const total = {
      lowBytes: Math.min(bare.lowBytes + above.low, expectedBytes),
      expectedBytes,
      peakBytes: Math.max(bare.peakBytes + above.peak, expectedBytes)
    }
    return { settings, total, verdict: verdictOf(total, confidence, allocatableBytes) }
  }
  const helpful = (settings: Settings): Tried | null => {
    const tried = attempt(settings)
    return isBetter(tried.verdict, now) ? tried : null
  }
  return {
    now,
    try: attempt,
    helpful,
    largest(most, settingsOf) {
      const least = most < 1 ? null : helpful(settingsOf(1))
      if (least === null) return null
      let [low, high] = [1, most]
      while (low < high) {
        const middle = Math.ceil((low + high) / 2)
        if (isBetter(least.verdict, attempt(settingsOf(middle)).verdict)) high = middle - 1
        else low = middle
      }
      return { ...attempt(settingsOf(low)), n: low }
    }
  }
}

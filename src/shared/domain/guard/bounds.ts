import type { GuardPolicy } from '../../model/guard.ts'
import { isKnown } from '../../model/reading.ts'
import type { DecideVictim, GuardMemory, MemoryPoint } from './decide.types.ts'

/** From the fall of memory to the signal: one tick, one decision, the system calls. */
const REACTION_MS = 200
/**
 * Learnt latencies vary, and a fall may get faster meanwhile.
 *
 * The knee of what `bench collapse` measures: less loses more floors, more touches loads that end just above it.
 */
const LATENCY_FACTOR = 1.4
/** Assumed where the caller gives no usable one: a SIGKILLed vLLM on GB10 stops growing within half a second. */
export const DEFAULT_STOP_LATENCY_MS = 500
/** The strict mode does not wait for the last moment. */
const STRICT_LEAD_MS = 2_000
/** A model that rests at some level breathes by this share of it. */
const REST_BREATH = 0.9
/** A machine seen to rest below the floor is left alone down to this share of that level. */
const RESTED_SHARE = 0.5
/** A level that stays within this share of itself … */
const REST_BAND = 0.1
/** … for this long is rest. */
const REST_MS = 10_000
/** … if its second half lies no further below its first: more is a leak that would be over within ten minutes. */
const REST_TREND = 0.01

/** The user's floor, never above the reserve. */
export const plainFloorBytes = (policy: GuardPolicy): number =>
  Math.min(finiteOr(policy.floorBytes, 0), finiteOr(policy.reserveBytes, Infinity))

/** Where falling memory must not pass, with what is known of the level at which this machine rests. */
export function boundBytes(policy: GuardPolicy, restedBytes: number | null): number {
  let bound = plainFloorBytes(policy)
  if (isKnown(policy.restsAtBytes)) {
    bound = Math.min(bound, finiteOr(policy.restsAtBytes, Infinity) * REST_BREATH)
  }
  if (restedBytes !== null) bound = Math.min(bound, restedBytes * RESTED_SHARE)
  return Math.max(0, bound)
}

/** A fall that stays above the level at which the running models are known to rest is expected. */
export const isExpected = (policy: GuardPolicy, availableBytes: number): boolean =>
  isKnown(policy.restsAtBytes) && availableBytes > policy.restsAtBytes * REST_BREATH

function usableLatencyMs(victim: DecideVictim | undefined): number {
  const latency = victim?.stopLatencyMs ?? DEFAULT_STOP_LATENCY_MS
  return Number.isFinite(latency) && latency >= 0 ? latency : DEFAULT_STOP_LATENCY_MS
}

/** The shortest time in which a stop can take effect, ms: whatever is known, a fall that empties the machine by then is one. */
export function reactionMs(policy: GuardPolicy, victim: DecideVictim | undefined): number {
  return policy.mode === 'relaxed' ? 0 : REACTION_MS + usableLatencyMs(victim)
}

/** How long before the floor would go the guard must act, ms: the last responsible moment. */
export function horizonMs(policy: GuardPolicy, victim: DecideVictim | undefined): number {
  // Relaxed waits until the floor is gone.
  if (policy.mode === 'relaxed') return 0
  return (
    REACTION_MS + LATENCY_FACTOR * usableLatencyMs(victim) + (policy.mode === 'strict' ? STRICT_LEAD_MS : 0)
  )
}

/**
 * Learns at which level below the floor memory rests: ten seconds within a tenth, with no trend downwards.
 *
 * Big models are reported healthy at 1.5–1.9 GiB for weeks. A slow leak looks alike for ten seconds, so the second half
 * may not lie below the first. Forgotten when memory is above the floor again, and when programs wait for memory.
 */
export function learnRest(
  memory: GuardMemory,
  point: MemoryPoint,
  floorBytes: number,
  trouble: { readonly stalling: boolean; readonly acted: boolean }
): Pick<GuardMemory, 'resting' | 'restedBytes'> {
  const { availableBytes: bytes, monotonicMs } = point
  if (bytes >= floorBytes) return { resting: null, restedBytes: null }
  const { resting } = memory
  const restedBytes = trouble.stalling ? null : memory.restedBytes
  const anew = { bytes, sinceMs: monotonicMs, earlyLowBytes: bytes, lateLowBytes: Infinity }
  if (
    resting === null ||
    trouble.stalling ||
    trouble.acted ||
    Math.abs(bytes - resting.bytes) > resting.bytes * REST_BAND ||
    monotonicMs < resting.sinceMs
  ) {
    return { resting: anew, restedBytes }
  }
  const passedMs = monotonicMs - resting.sinceMs
  const isLate = passedMs >= REST_MS / 2
  const seen = {
    ...resting,
    earlyLowBytes: isLate ? resting.earlyLowBytes : Math.min(resting.earlyLowBytes, bytes),
    lateLowBytes: isLate ? Math.min(resting.lateLowBytes, bytes) : resting.lateLowBytes
  }
  if (passedMs < REST_MS) return { resting: seen, restedBytes }
  const lost = seen.earlyLowBytes - seen.lateLowBytes
  return { resting: anew, restedBytes: lost <= seen.earlyLowBytes * REST_TREND ? resting.bytes : restedBytes }
}

function finiteOr(value: number, otherwise: number): number {
  return Number.isFinite(value) && value >= 0 ? value : otherwise
}

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

/** Where falling memory must not pass, with what is known of the level at which this machine rests. */
export function boundBytes(policy: GuardPolicy, restedBytes: number | null): number {
  let bound = Math.min(finiteOr(policy.floorBytes, 0), finiteOr(policy.reserveBytes, Infinity))
  if (isKnown(policy.restsAtBytes)) {
    bound = Math.min(bound, finiteOr(policy.restsAtBytes, Infinity) * REST_BREATH)
  }
  if (restedBytes !== null) bound = Math.min(bound, restedBytes * RESTED_SHARE)
  return Math.max(0, bound)
}

/** A fall that stays above the level at which the running models are known to rest is expected. */
export const isExpected = (policy: GuardPolicy, availableBytes: number): boolean =>
  isKnown(policy.restsAtBytes) && availableBytes > policy.restsAtBytes * REST_BREATH

/** How long before the floor would go the guard must act, ms: the last responsible moment. */
export function horizonMs(policy: GuardPolicy, victim: DecideVictim | undefined): number {
  // Relaxed waits until the floor is gone.
  if (policy.mode === 'relaxed') return 0
  const latency = victim?.stopLatencyMs ?? DEFAULT_STOP_LATENCY_MS
  const usable = Number.isFinite(latency) && latency >= 0 ? latency : DEFAULT_STOP_LATENCY_MS
  return REACTION_MS + LATENCY_FACTOR * usable + (policy.mode === 'strict' ? STRICT_LEAD_MS : 0)
}

/**
 * Learns at which level below the floor memory rests: ten seconds within a tenth, with nobody waiting for memory.
 *
 * Big models are reported healthy at 1.5–1.9 GiB for weeks. Forgotten when memory is above the floor again.
 */
export function learnRest(
  memory: GuardMemory,
  point: MemoryPoint,
  floorBytes: number,
  troubled: boolean
): Pick<GuardMemory, 'resting' | 'restedBytes'> {
  const { availableBytes, monotonicMs } = point
  if (availableBytes >= floorBytes) return { resting: null, restedBytes: null }
  const { resting, restedBytes } = memory
  if (
    resting === null ||
    troubled ||
    Math.abs(availableBytes - resting.bytes) > resting.bytes * REST_BAND ||
    monotonicMs < resting.sinceMs
  ) {
    return { resting: { bytes: availableBytes, sinceMs: monotonicMs }, restedBytes }
  }
  return monotonicMs - resting.sinceMs >= REST_MS
    ? { resting, restedBytes: resting.bytes }
    : { resting, restedBytes }
}

function finiteOr(value: number, otherwise: number): number {
  return Number.isFinite(value) && value >= 0 ? value : otherwise
}

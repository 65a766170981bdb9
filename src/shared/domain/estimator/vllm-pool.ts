import type { Interval } from '../../model/estimate.ts'
import { between } from './part.ts'

const GIB = 1024 ** 3

/**
 * What vLLM books besides weights and cache, in GiB, by the tokens of its profiling step: CUDA context, activations,
 * CUDA graphs, and what else changed on the machine meanwhile. From its start-up logs on GB10: 1.4 to 5 with steps of
 * up to 8192 tokens, 13 to 18 with 32 k to 65 k of them and a draft model; in between and beyond it is linear.
 */
const OVERHEAD_GIB: readonly { readonly tokens: number; readonly gib: number }[] = [
  { tokens: 8192, gib: 3.2 },
  { tokens: 32_768, gib: 13 },
  { tokens: 65_536, gib: 18 }
]
/** How far the logs of one setting lie from the middle. */
const SPREAD_GIB = 1.8
/** Large steps were only seen with a draft model: without one it may be half as much. */
const WITHOUT_DRAFT = 0.5

/** From 70 GiB on vLLM's server takes steps of 8192 tokens by itself, below of 2048. */
const LARGE_BYTES = 70 * GIB
const LARGE_STEP_TOKENS = 8192
const SMALL_STEP_TOKENS = 2048

/** Tokens of one step where nobody chose. */
export const defaultBatchedTokens = (totalBytes: number): number =>
  totalBytes >= LARGE_BYTES ? LARGE_STEP_TOKENS : SMALL_STEP_TOKENS

/** Context, activations and graphs, for steps of this many tokens. */
export function vllmOverhead(batchedTokens: number): Interval {
  const base = middleGib(0)
  const gib = middleGib(batchedTokens)
  const low = base + (gib - base) * WITHOUT_DRAFT - SPREAD_GIB
  return between(low * GIB, gib * GIB, (gib + SPREAD_GIB) * GIB)
}

function middleGib(tokens: number): number {
  const [first, second, third] = OVERHEAD_GIB as readonly [Point, Point, Point]
  if (!(tokens > first.tokens)) return first.gib
  return tokens <= second.tokens ? onLine(first, second, tokens) : onLine(second, third, tokens)
}

interface Point {
  readonly tokens: number
  readonly gib: number
}
const onLine = (a: Point, b: Point, tokens: number): number =>
  a.gib + ((b.gib - a.gib) * (tokens - a.tokens)) / (b.tokens - a.tokens)

export interface VllmPoolInput {
  /** As cudaMemGetInfo says it: of the machine where memory is shared. */
  readonly totalBytes: number
  readonly utilisation: number
  /** In memory, with a draft model's. */
  readonly weightsBytes: number
  readonly batchedTokens: number
}

/** vLLM's request: a share of all memory, whatever the model (its docs: gpu_memory_utilization). */
export const vllmRequested = (totalBytes: number, utilisation: number): number =>
  Math.ceil(totalBytes * utilisation)

/** Its cache: what of the request weights, activations and graphs leave; 0 or less: it does not start. */
export const vllmKvPool = ({ totalBytes, utilisation, weightsBytes, batchedTokens }: VllmPoolInput): number =>
  vllmRequested(totalBytes, utilisation) - weightsBytes - vllmOverhead(batchedTokens).expectedBytes

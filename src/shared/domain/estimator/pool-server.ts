import type { Estimate, EstimatePart, Interval } from '../../model/estimate.ts'
import type { ModelFacts } from '../../model/model-facts.ts'
import { bytesInWords } from '../../util/bytes-in-words.ts'
import { between, partOf } from './part.ts'
import { totalOf } from './total.ts'

// What vLLM, SGLang and TensorRT-LLM have in common: they take a pool of memory at their start, whatever they need.

/** What a server really needs, against what it asks for. */
export interface ServerNeed {
  readonly weightsBytes: number
  /** Context, activations, graphs. */
  readonly overheadBytes: number
  /** Null: the model does not say. */
  readonly kvBytesPerToken: number | null
  /** Whether all of its layers are in these figures. */
  readonly isCacheWhole: boolean
  /** Cache for one request of the longest context; 0 where the model does not say. */
  readonly cacheBytes: number
  /** Null: neither the profile nor the model says. */
  readonly contextTokens: number | null
  readonly neededBytes: number
}

/**
 * While files are mapped, their pages lie in the page cache beside the copy for the GPU. They can be taken back, but
 * loads were seen to fail on them (safetensors #758, ComfyUI #10896), so the largest file counts at the peak.
 */
export function mappedFilesPart(facts: ModelFacts): EstimatePart {
  const bytes = facts.largestFileBytes
  return partOf(
    'load-transient',
    'While it loads',
    between(0, 0, bytes),
    `Its largest file, ${bytesInWords(bytes)}, is in memory twice while it is read; the system can take that back`
  )
}

/** An estimate whose pool is taken, and touched, before it is ready: only what `growth` says comes later. */
export function serverEstimate(
  parts: readonly EstimatePart[],
  rest: Pick<Estimate, 'confidence' | 'notes' | 'bytesPerContextToken' | 'activeWeightBytes'>,
  growth: Interval
): Estimate {
  return {
    parts,
    total: totalOf(parts),
    growthBytes: growth.peakBytes - growth.expectedBytes,
    source: 'formula',
    ...rest
  }
}

import { stateBytesOfOne, type CacheBytes } from './kv.ts'
import type { Context, LlamaRun } from './run.ts'
import type { ModelShape } from './shape.ts'
import { MIB } from './units.ts'

/** Bytes of one checkpoint: all that cannot be rolled back of one slot's context, windows and recurrent states. */
export const checkpointBytes = (shape: ModelShape, context: Context, cache: CacheBytes): number =>
  cache.windowBytes / context.slots + stateBytesOfOne(shape)

/** Current builds take one at most every so many tokens, older ones far more often. */
const CHECKPOINT_STEP_TOKENS = 8192
/** Beside those: at the start and the end of a prompt. */
const CHECKPOINTS_AT_ENDS = 3

export interface Checkpoints {
  readonly bytesOfOne: number
  /** Of one slot, in a build that spaces them. */
  readonly usual: number
  /** Of one slot, at most. */
  readonly most: number
}

/** None where every token can be rolled back. */
export function checkpointsOf(
  shape: ModelShape,
  run: LlamaRun,
  context: Context,
  cache: CacheBytes
): Checkpoints {
  const bytesOfOne =
    run.keepsFullWindow && stateBytesOfOne(shape) === 0 ? 0 : checkpointBytes(shape, context, cache)
  const most = bytesOfOne === 0 ? 0 : run.checkpoints
  const spaced = Math.ceil(context.cells / CHECKPOINT_STEP_TOKENS) + CHECKPOINTS_AT_ENDS
  return { bytesOfOne, usual: Math.min(most, spaced), most }
}

/** CUDA's own context, kernels and pools, which no log shows: from bare models of two GPUs; GB10 is not among them. */
export const DEVICE_CONTEXT = { lowBytes: 150 * MIB, expectedBytes: 320 * MIB, peakBytes: 500 * MIB } as const

/** Four buffers of 1 MiB; of 64 MiB where the file is read past the page cache. */
export const STAGING_BYTES = 4 * MIB
export const DIRECT_STAGING_BYTES = 256 * MIB

/** Of a projector beside its file: measured 64 and 223 MiB. */
const PROJECTOR_SCRATCH_BYTES = 256 * MIB
const PROJECTOR_SHARE = 1.1

export const projectorInterval = (fileBytes: number) => ({
  lowBytes: fileBytes,
  expectedBytes: Math.round(fileBytes + PROJECTOR_SCRATCH_BYTES / 2),
  peakBytes: Math.round(fileBytes * PROJECTOR_SHARE + PROJECTOR_SCRATCH_BYTES)
})

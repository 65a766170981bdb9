import type { GgufFacts } from '../../../model/model-facts.ts'
import { numberOf } from './hparams.ts'
import { DELTA_NET, SQUARE_STATE } from './rules.ts'

/** What a recurrent layer keeps of one sequence, in elements of f32. */
export interface RecurrentState {
  readonly convolution: number
  readonly recurrence: number
  /** What lives per token while a Mamba layer scans: twice its projection, twice its convolution; 0 for others. */
  readonly scanned: number
}

/** RWKV: tokens of which it keeps the embedding. */
const TOKEN_SHIFTS = 2
/** KDA without a kernel's size in the file. */
const KDA_SHIFT = 3

/** As llama.cpp's n_embd_r and n_embd_s: the first family whose keys the header has. */
export function stateOf(
  { architecture, hparams }: GgufFacts,
  embedding: number,
  heads: number,
  keyWidth: number
): RecurrentState {
  const of = (key: string): number => numberOf(hparams, key) ?? 0
  const wkv = of('wkv.head_size')
  if (wkv !== 0) {
    const shifts = numberOf(hparams, 'token_shift_count') ?? TOKEN_SHIFTS
    return { convolution: shifts * embedding, recurrence: embedding * wkv, scanned: 0 }
  }
  const kernel = of('ssm.conv_kernel')
  const inner = of('ssm.inner_size')
  const states = of('ssm.state_size')
  const shortKernel = of('shortconv.l_cache')
  if (shortKernel !== 0) {
    return { convolution: embedding * (shortKernel - 1), recurrence: states * inner, scanned: 0 }
  }
  const kda = of('kda.head_dim')
  if (kda !== 0) {
    const shift = kernel > 0 ? kernel - 1 : KDA_SHIFT
    return { convolution: 3 * shift * heads * kda, recurrence: kda * kda * heads, scanned: 0 }
  }
  if (SQUARE_STATE.has(architecture)) {
    return { convolution: 0, recurrence: keyWidth * keyWidth * heads, scanned: 0 }
  }
  const convolved = inner + 2 * of('ssm.group_count') * states
  // Delta nets have a graph of their own.
  const isMamba = inner > 0 && !DELTA_NET.has(architecture)
  return {
    convolution: Math.max(0, kernel - 1) * convolved,
    recurrence: states * inner,
    scanned: isMamba ? 2 * (inner + convolved + of('ssm.time_step_rank')) + 2 * convolved : 0
  }
}

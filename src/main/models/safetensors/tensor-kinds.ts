/**
 * Bits of one element of the integers that quantised weights are packed into: qweight and weight_packed (GPTQ, AWQ,
 * compressed-tensors), blocks (MXFP4), weight (NVFP4, bitsandbytes).
 */
export const PACKED_BITS: Readonly<Record<string, number>> = {
  U8: 8,
  I8: 8,
  U16: 16,
  I16: 16,
  U32: 32,
  I32: 32
}

/** Types of indexes, masks and scales alone. */
const NO_WEIGHT_TYPES = new Set(['I64', 'U64', 'BOOL', 'F8_E8M0'])

/** What lies beside quantised weights, and buffers: they take memory, but are no parameters. */
const NO_WEIGHT =
  /(?:^|[._])(?:scales?(?:_inv|_\d)?|zero_points?|qzeros|g_idx|weight_shape|absmax|quant_map|nested_\w+|quant_state\S*|SCB|amax|inv_freq|position_ids|perm)$/

export const isNoWeight = (name: string, dtype: string): boolean =>
  NO_WEIGHT_TYPES.has(dtype) || NO_WEIGHT.test(name)

/** The output matrix, by the names that models give it. */
export const isHead = (name: string): boolean =>
  /(?:^|\.)(?:lm_head|embed_out|output)\.(?:q?weight\w*)$/.test(name)

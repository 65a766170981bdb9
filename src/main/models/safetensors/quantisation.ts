import { countIn, fieldsIn, flagIn, isFields, textIn, type Fields } from './json-fields.ts'

export interface Quantisation {
  /** As the file names it; null: the weights are as they were trained. */
  readonly method: string | null
  /** 'fp8' or 'nvfp4' where the checkpoint asks for such a KV cache. */
  readonly kvCacheType: string | null
  /** Bits of one packed weight; null: not said. */
  readonly bits: number | null
}

const BITS_OF_METHOD: Readonly<Record<string, number>> = { mxfp4: 4, awq: 4, fp8: 8, fbgemm_fp8: 8 }

/** Reads quantization_config, or the file that NVIDIA's tools write instead of it. */
export function quantisationOf(objects: readonly Fields[], file: Fields | null): Quantisation {
  const section = fieldsIn(objects, 'quantization_config')
  const fromFile = file === null ? null : fieldsIn([file], 'quantization')
  const found = [section, fromFile].filter((one) => one !== null)
  if (found.length === 0) return { method: null, kvCacheType: null, bits: null }
  const method = textIn(found, 'quant_method')?.toLowerCase() ?? (fromFile === null ? null : 'modelopt')
  return { method, kvCacheType: kvCacheTypeOf(found), bits: bitsOf(found, method) }
}

function kvCacheTypeOf(found: readonly Fields[]): string | null {
  const named = textIn(found, 'kv_cache_quant_algo')?.toLowerCase() ?? null
  if (named === 'fp8' || named === 'nvfp4') return named
  const scheme = fieldsIn(found, 'kv_cache_scheme')
  if (scheme === null) return null
  const bits = countIn([scheme], 'num_bits')
  return bits === 8 ? 'fp8' : bits === 4 ? 'nvfp4' : null
}

function bitsOf(found: readonly Fields[], method: string | null): number | null {
  const given = countIn(found, 'bits', 'w_bit', 'wbits')
  if (given !== null && given > 0) return given
  if (flagIn(found, 'load_in_4bit', '_load_in_4bit') === true) return 4
  if (flagIn(found, 'load_in_8bit', '_load_in_8bit') === true) return 8
  const named = textIn(found, 'quant_algo')?.toLowerCase() ?? ''
  if (/fp4|int4|w4/.test(named)) return 4
  if (/fp8|int8|w8/.test(named)) return 8
  const groups = fieldsIn(found, 'config_groups')
  const bits = Object.values(groups ?? {})
    .filter(isFields)
    .map((group) => fieldsIn([group], 'weights'))
    .map((weights) => (weights === null ? null : countIn([weights], 'num_bits')))
    .filter((one) => one !== null)
  const [only] = new Set(bits)
  if (only !== undefined && only > 0 && new Set(bits).size === 1) return only
  return method === null ? null : (BITS_OF_METHOD[method] ?? null)
}

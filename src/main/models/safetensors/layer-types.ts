import { countIn, countsIn, textIn, textsIn, type Fields } from './json-fields.ts'

const MOST_LAYERS = 4_096
const FULL = 'full_attention'
const SLIDING = 'sliding_attention'
const LINEAR = 'linear_attention'

/** Of files from before layer_types: each how-manieth layer sees everything, from their classes in transformers. */
const PATTERN_BY_TYPE: Readonly<Record<string, number>> = {
  gemma2: 2,
  gemma3: 6,
  gemma3_text: 6,
  cohere2: 4
}
/** Words and letters by which hybrid models name their layers. */
const BLOCK_NAMES: Readonly<Record<string, string>> = {
  attention: FULL,
  mamba: LINEAR,
  mamba2: LINEAR,
  linear: LINEAR,
  '*': FULL,
  M: LINEAR,
  '-': 'mlp',
  E: 'mlp'
}

/** How each layer attends; null where the file does not tell layers apart. */
export function layerTypesOf(
  inner: readonly Fields[],
  modelType: string,
  layers: number | null,
  slidingWindow: number | null
): readonly string[] | null {
  const given = textsIn(inner, MOST_LAYERS, 'layer_types')
  if (given !== null) return given.map((name) => BLOCK_NAMES[name] ?? name)
  const blocks = textsIn(inner, MOST_LAYERS, 'layers_block_type', 'block_types')
  if (blocks !== null) return blocks.map((name) => BLOCK_NAMES[name] ?? name)
  const letters = textIn(inner, 'hybrid_override_pattern')
  if (letters !== null && letters.length > 0 && letters.length <= MOST_LAYERS) {
    return [...letters].map((letter) => BLOCK_NAMES[letter] ?? letter)
  }
  const kinds = countsIn(inner, MOST_LAYERS, 'attn_type_list')
  if (kinds !== null) return kinds.map((kind) => (kind === 0 ? LINEAR : FULL))
  if (layers === null || layers === 0 || layers > MOST_LAYERS || slidingWindow === null) return null
  const firstWindowed = countIn(inner, 'max_window_layers')
  const pattern =
    countIn(inner, 'sliding_window_pattern', '_sliding_window_pattern') ?? PATTERN_BY_TYPE[modelType] ?? null
  if (pattern !== null && pattern > 0) {
    return Array.from({ length: layers }, (_, layer) => ((layer + 1) % pattern === 0 ? FULL : SLIDING))
  }
  if (firstWindowed === null) return null
  return Array.from({ length: layers }, (_, layer) => (layer < firstWindowed ? FULL : SLIDING))
}

import type { GgufFacts } from '../../../model/model-facts.ts'
import { flagsOf, MOST_LAYERS, numberOf, numbersOf } from './hparams.ts'
import {
  ATTENTION_EVERY,
  FIRST_LAYERS_WITH_CACHE,
  isKnownArchitecture,
  NOT_VALIDATED,
  RECURRENT_AND_ATTENTION,
  RECURRENT_ONLY,
  RECURRENT_WITHOUT_BOTH,
  RECURRENT_WITHOUT_HEADS,
  SHARES_BY_FILE,
  WITH_INDEXER,
  WITHOUT_CACHE
} from './rules.ts'
import { stateOf, type RecurrentState } from './state.ts'
import { windowsOf } from './windows.ts'

/** One layer as far as memory depends on it; sizes in elements. */
export interface LayerShape {
  readonly heads: number
  readonly kvHeads: number
  readonly keyWidth: number
  readonly valueWidth: number
  readonly feedForward: number
  readonly hasWindow: boolean
  readonly ownsCache: boolean
  readonly isRecurrent: boolean
}

/** A model as llama.cpp sees it; layers without those that predict further tokens. */
export interface ModelShape {
  readonly architecture: string
  readonly layers: readonly LayerShape[]
  /** Layers that predict further tokens (MTP), after the others. */
  readonly predictLayers: number
  readonly embedding: number
  readonly vocabulary: number
  readonly trainedContext: number
  readonly windowTokens: number
  /** The cache holds one compressed row for K and V together. */
  readonly isCompressed: boolean
  /** Of one head, as it leaves attention. */
  readonly attendedWidth: number
  readonly experts: number
  readonly expertsUsed: number
  readonly expertFeedForward: number
  readonly hasDenseLead: boolean
  /** Elements per sequence and recurrent layer. */
  readonly state: RecurrentState
  /** Of embeddings by layer, all layers together; 0: none. */
  readonly perLayerWidth: number
  /** Width of an indexer's keys; 0: none. */
  readonly indexerWidth: number
  /** good: rules known and checked. rough: known by name, not checked. unknown: neither. */
  readonly confidence: 'good' | 'rough' | 'unknown'
}

/** Null: the header lacks what every model has, so nothing but its weights is known. */
export function shapeOf(facts: GgufFacts): ModelShape | null {
  const { architecture, hparams } = facts
  const blocks = numberOf(hparams, 'block_count')
  const embedding = numberOf(hparams, 'embedding_length')
  if (blocks === null || blocks < 1 || blocks > MOST_LAYERS || embedding === null || embedding < 1)
    return null
  const headsOfAll = numbersOf(hparams, 'attention.head_count', blocks, 0)
  if (headsOfAll.every((heads) => heads === 0) && !RECURRENT_ONLY.has(architecture)) return null
  const predictLayers = Math.min(blocks - 1, numberOf(hparams, 'nextn_predict_layers') ?? 0)
  const count = blocks - predictLayers
  const windows = windowsOf(facts, count)
  const isCompressed = numberOf(hparams, 'attention.key_length_mla') !== null
  const layers = layersOf(facts, { count, blocks, embedding, headsOfAll, windowed: windows.byLayer })
  const isGood = windows.isKnown && !NOT_VALIDATED.has(architecture)
  return {
    architecture,
    layers,
    predictLayers,
    embedding,
    vocabulary: facts.vocabularySize,
    trainedContext: numberOf(hparams, 'context_length') ?? 0,
    windowTokens: windows.byLayer.includes(true) ? windows.tokens : 0,
    isCompressed,
    attendedWidth:
      numberOf(hparams, 'attention.value_length_mla') ??
      Math.max(0, ...layers.map(({ valueWidth }) => valueWidth)),
    experts: numberOf(hparams, 'expert_count') ?? 0,
    expertsUsed: Math.max(...numbersOf(hparams, 'expert_used_count', count, 0)),
    expertFeedForward: Math.max(...numbersOf(hparams, 'expert_feed_forward_length', count, 0)),
    hasDenseLead:
      (numberOf(hparams, 'leading_dense_block_count') ?? 0) > 0 ||
      (numberOf(hparams, 'interleave_moe_layer_step') ?? 0) > 1,
    state: stateOf(facts, embedding, Math.max(...headsOfAll), layers[0]?.keyWidth ?? 0),
    perLayerWidth: count * (numberOf(hparams, 'embedding_length_per_layer_input') ?? 0),
    indexerWidth: WITH_INDEXER.has(architecture)
      ? (numberOf(hparams, 'attention.indexer.key_length') ?? 0)
      : 0,
    confidence: !isKnownArchitecture(architecture) ? 'unknown' : isGood ? 'good' : 'rough'
  }
}

interface Basis {
  readonly count: number
  readonly blocks: number
  readonly embedding: number
  readonly headsOfAll: readonly number[]
  readonly windowed: readonly boolean[]
}

function layersOf(facts: GgufFacts, basis: Basis): readonly LayerShape[] {
  const { architecture, hparams } = facts
  const { count, blocks, embedding, headsOfAll, windowed } = basis
  const kvHeads =
    hparams['attention.head_count_kv'] === undefined
      ? headsOfAll
      : numbersOf(hparams, 'attention.head_count_kv', blocks, 0)
  const feedForward = numbersOf(hparams, 'feed_forward_length', blocks, 0)
  const usual = Math.floor(embedding / (headsOfAll.find((heads) => heads > 0) ?? 1))
  const keyWidth = numberOf(hparams, 'attention.key_length') ?? usual
  const valueWidth = numberOf(hparams, 'attention.value_length') ?? usual
  const keyWidthWindow = numberOf(hparams, 'attention.key_length_swa') ?? keyWidth
  const valueWidthWindow = numberOf(hparams, 'attention.value_length_swa') ?? valueWidth
  const owners = cacheOwners(facts, count)
  const recurrent = recurrentLayers(facts, count, kvHeads, feedForward)
  return Array.from({ length: count }, (_, layer) => {
    const hasWindow = windowed[layer] === true
    const isRecurrent = recurrent[layer] === true
    const heads = kvHeads[layer] ?? 0
    const attends = RECURRENT_AND_ATTENTION.has(architecture) || !isRecurrent
    return {
      heads: headsOfAll[layer] ?? 0,
      kvHeads: heads,
      keyWidth: hasWindow ? keyWidthWindow : keyWidth,
      valueWidth: hasWindow ? valueWidthWindow : valueWidth,
      feedForward: feedForward[layer] ?? 0,
      hasWindow,
      ownsCache: attends && heads > 0 && layer < owners,
      isRecurrent
    }
  })
}

/** So many layers from the first own a cache. */
function cacheOwners({ architecture, hparams }: GgufFacts, layers: number): number {
  if (WITHOUT_CACHE.has(architecture) || RECURRENT_ONLY.has(architecture)) return 0
  if (SHARES_BY_FILE.has(architecture)) {
    return layers - (numberOf(hparams, 'attention.shared_kv_layers') ?? 0)
  }
  return FIRST_LAYERS_WITH_CACHE.get(architecture) ?? layers
}

function recurrentLayers(
  { architecture, hparams }: GgufFacts,
  layers: number,
  kvHeads: readonly number[],
  feedForward: readonly number[]
): readonly boolean[] {
  const each = (is: (layer: number) => boolean): readonly boolean[] =>
    Array.from({ length: layers }, (_, layer) => is(layer))
  if (RECURRENT_ONLY.has(architecture) || RECURRENT_AND_ATTENTION.has(architecture)) return each(() => true)
  const attentionEvery = ATTENTION_EVERY.get(architecture)
  if (attentionEvery !== undefined) {
    const listed = flagsOf(hparams, 'attention.recurrent_layers', layers)
    if (listed !== null) return listed
    const every = numberOf(hparams, 'full_attention_interval') ?? attentionEvery
    return each((layer) => every === 0 || (layer + 1) % every !== 0)
  }
  if (RECURRENT_WITHOUT_HEADS.has(architecture)) return each((layer) => kvHeads[layer] === 0)
  if (RECURRENT_WITHOUT_BOTH.has(architecture)) {
    return each((layer) => kvHeads[layer] === 0 && feedForward[layer] === 0)
  }
  return each(() => false)
}

import type { ModelConfig } from '../../../shared/model/model-facts.ts'
import { countIn, fieldsIn, flagIn, textIn, type Fields } from './json-fields.ts'
import { layerTypesOf } from './layer-types.ts'
import { quantisationOf } from './quantisation.ts'

/** Where models of several kinds of input keep what concerns text. */
const NESTED = ['text_config', 'llm_config', 'language_config', 'language_model_config']

/**
 * A model's description from config.json, by the names that transformers gives its fields and by those of older
 * models. What has the wrong type counts as not said.
 * `quantisationFile` is hf_quant_config.json, which some checkpoints have instead of a section; `hasHead` tells whether
 * the weights have an output matrix, for a file that does not say whether it is tied.
 */
export function modelConfigOf(root: Fields, quantisationFile: Fields | null, hasHead: boolean): ModelConfig {
  const outer = fieldsIn([root], 'thinker_config') ?? root
  const nested = fieldsIn([outer], ...NESTED)
  const all = nested === null ? [outer, root] : [nested, outer, root]
  const inner = all.slice(0, 1)
  const hiddenSize = countIn(inner, 'hidden_size', 'n_embd', 'd_model')
  const heads = countIn(inner, 'num_attention_heads', 'n_head', 'num_heads', 'n_heads')
  const layers = countIn(inner, 'num_hidden_layers', 'n_layer', 'num_layers', 'n_layers')
  const modelType = textIn(all, 'model_type') ?? 'unknown'
  const { method, kvCacheType } = quantisationOf(all, quantisationFile)
  const isWindowed = flagIn(inner, 'use_sliding_window') !== false
  const slidingWindow = isWindowed ? countIn(inner, 'sliding_window', 'sliding_window_size') : null
  return {
    modelType,
    layers,
    hiddenSize,
    heads,
    kvHeads: kvHeadsOf(inner, heads),
    headDim: countIn(inner, 'head_dim', 'attention_head_dim') ?? shareOf(hiddenSize, heads),
    intermediateSize: countIn(inner, 'intermediate_size', 'n_inner', 'ffn_dim', 'ffn_hidden_size'),
    vocabularySize: countIn(all, 'vocab_size', 'padded_vocab_size'),
    maxPositions: countIn(
      all,
      'max_position_embeddings',
      'n_positions',
      'max_seq_len',
      'max_sequence_length',
      'seq_length'
    ),
    isTied: flagIn(all, 'tie_word_embeddings') ?? !hasHead,
    dtype: textIn(all, 'dtype', 'torch_dtype')?.replace(/^torch\./, '') ?? null,
    slidingWindow,
    layerTypes: layerTypesOf(inner, modelType, layers, slidingWindow),
    kvLoraRank: countIn(inner, 'kv_lora_rank'),
    qkRopeHeadDim: countIn(inner, 'qk_rope_head_dim'),
    fullAttentionInterval: countIn(inner, 'full_attention_interval'),
    experts: countIn(inner, 'num_experts', 'num_local_experts', 'n_routed_experts', 'moe_num_experts'),
    expertsPerToken: countIn(
      inner,
      'num_experts_per_tok',
      'num_experts_per_token',
      'top_k_experts',
      'moe_topk',
      'moe_k'
    ),
    moeIntermediateSize: countIn(inner, 'moe_intermediate_size', 'expert_ffn_hidden_size'),
    quantMethod: method,
    kvCacheType,
    mtpLayers: countIn(inner, 'num_nextn_predict_layers', 'mtp_num_hidden_layers', 'num_mtp_modules') ?? 0
  }
}

/** Without a number of its own each head has its keys and values, as transformers takes it. */
function kvHeadsOf(inner: readonly Fields[], heads: number | null): number | null {
  const given = countIn(inner, 'num_key_value_heads', 'num_kv_heads', 'n_head_kv', 'multi_query_group_num')
  if (given !== null) return given
  return flagIn(inner, 'multi_query') === true ? 1 : heads
}

function shareOf(hiddenSize: number | null, heads: number | null): number | null {
  if (hiddenSize === null || heads === null || heads === 0) return null
  return hiddenSize % heads === 0 ? hiddenSize / heads : null
}

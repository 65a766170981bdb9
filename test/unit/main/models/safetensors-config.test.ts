import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { modelConfigOf } from '../../../../src/main/models/safetensors/config.ts'
import type { ModelConfig } from '../../../../src/shared/model/model-facts.ts'

const config = (fields: Readonly<Record<string, unknown>>): ModelConfig => modelConfigOf(fields, null, true)

describe('a configuration of Hugging Face', () => {
  test.each<[string, Readonly<Record<string, unknown>>, Partial<ModelConfig>]>([
    [
      'dense, with grouped queries',
      {
        model_type: 'qwen3',
        num_hidden_layers: 36,
        hidden_size: 4096,
        num_attention_heads: 32,
        num_key_value_heads: 8,
        head_dim: 128,
        intermediate_size: 12_288,
        vocab_size: 151_936,
        max_position_embeddings: 40_960,
        tie_word_embeddings: false,
        torch_dtype: 'bfloat16',
        use_sliding_window: false,
        sliding_window: 4_096
      },
      {
        layers: 36,
        headDim: 128,
        kvHeads: 8,
        maxPositions: 40_960,
        isTied: false,
        slidingWindow: null,
        layerTypes: null,
        mtpLayers: 0
      }
    ],
    [
      'nested, with windows by a pattern',
      {
        model_type: 'gemma3',
        dtype: 'torch.bfloat16',
        text_config: {
          model_type: 'gemma3_text',
          num_hidden_layers: 7,
          hidden_size: 2560,
          num_attention_heads: 8,
          sliding_window: 1024,
          sliding_window_pattern: 6
        },
        vision_config: { num_hidden_layers: 27, hidden_size: 1152 }
      },
      {
        modelType: 'gemma3_text',
        layers: 7,
        hiddenSize: 2560,
        kvHeads: 8,
        headDim: 320,
        dtype: 'bfloat16',
        slidingWindow: 1024,
        layerTypes: [...Array<string>(5).fill('sliding_attention'), 'full_attention', 'sliding_attention']
      }
    ],
    [
      'MLA, experts and a layer that predicts ahead',
      {
        model_type: 'deepseek_v3',
        num_hidden_layers: 61,
        kv_lora_rank: 512,
        qk_rope_head_dim: 64,
        n_routed_experts: 256,
        num_experts_per_tok: 8,
        moe_intermediate_size: 2048,
        num_nextn_predict_layers: 1,
        quantization_config: { quant_method: 'FP8', weight_block_size: [128, 128] }
      },
      {
        kvLoraRank: 512,
        qkRopeHeadDim: 64,
        experts: 256,
        expertsPerToken: 8,
        moeIntermediateSize: 2048,
        mtpLayers: 1,
        quantMethod: 'fp8',
        kvCacheType: null
      }
    ],
    [
      'hybrid, with its layers named',
      {
        model_type: 'qwen3_next',
        num_hidden_layers: 4,
        full_attention_interval: 4,
        layer_types: ['linear_attention', 'linear_attention', 'linear_attention', 'full_attention'],
        quantization_config: {
          quant_method: 'compressed-tensors',
          kv_cache_scheme: { num_bits: 8, type: 'float' }
        }
      },
      {
        fullAttentionInterval: 4,
        layerTypes: ['linear_attention', 'linear_attention', 'linear_attention', 'full_attention'],
        kvCacheType: 'fp8'
      }
    ],
    [
      'hybrid, as letters',
      { model_type: 'nemotron_h', num_hidden_layers: 4, hybrid_override_pattern: 'M-*E' },
      { layerTypes: ['linear_attention', 'mlp', 'full_attention', 'mlp'] }
    ],
    [
      'windows from some layer on',
      { num_hidden_layers: 3, use_sliding_window: true, sliding_window: 10, max_window_layers: 2 },
      { layerTypes: ['full_attention', 'full_attention', 'sliding_attention'] }
    ],
    [
      'older names',
      { model_type: 'gpt2', n_layer: 12, n_embd: 768, n_head: 12, n_positions: 1024, multi_query: true },
      { layers: 12, hiddenSize: 768, heads: 12, kvHeads: 1, headDim: 64, maxPositions: 1024 }
    ],
    [
      'wrong types count as not said',
      {
        model_type: 7,
        num_hidden_layers: '36',
        hidden_size: -1,
        vocab_size: 1.5,
        torch_dtype: null,
        sliding_window: 'auto',
        layer_types: [1, 2],
        text_config: [],
        quantization_config: 'fp8'
      },
      {
        modelType: 'unknown',
        layers: null,
        hiddenSize: null,
        vocabularySize: null,
        dtype: null,
        slidingWindow: null,
        layerTypes: null,
        quantMethod: null
      }
    ]
  ])('%s', (_, fields, expected) => {
    expect(config(fields)).toMatchObject(expected)
  })

  test('any fields of any kind give a description, of numbers that can be', () => {
    const keys = fc.constantFrom(
      'text_config',
      'num_hidden_layers',
      'hidden_size',
      'num_attention_heads',
      'sliding_window',
      'sliding_window_pattern',
      'layer_types',
      'max_window_layers',
      'quantization_config',
      'config_groups',
      'kv_cache_scheme',
      'attn_type_list',
      '__proto__'
    )
    const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, 1, 2 ** 40))
    const { any } = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        number,
        fc.string(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(keys, tie('any'), { maxKeys: 5 })
      )
    }))
    fc.assert(
      fc.property(fc.dictionary(keys, any, { maxKeys: 8 }), (fields) => {
        const { layerTypes, layers, headDim } = config(fields)
        expect(layerTypes?.length ?? 0).toBeLessThanOrEqual(4_096)
        for (const one of [layers, headDim]) expect(one === null || Number.isSafeInteger(one)).toBe(true)
      }),
      { numRuns: 1_000 }
    )
  })
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  activeWeights,
  cacheElementBytes,
  kvCostOf,
  loadedWeights
} from '../../../../../src/shared/domain/estimator/served-model.ts'
import { config, GB, GPT_OSS_120B, LLAMA_8B, repository } from './served-facts.ts'

describe('cost of a KV cache by config.json', () => {
  it('counts keys and values of the heads of KV: Qwen2.5-1.5B as its SGLang logs say', () => {
    const qwen = config({ layers: 28, hiddenSize: 1536, heads: 12, kvHeads: 2 })
    // 1 556 049 tokens in 20.78 + 20.78 GiB with 16 bits, 3 113 713 in 20.79 + 20.79 with 8, 5 532 637 with 4.
    expect(kvCostOf(qwen, cacheElementBytes('bf16', qwen))?.bytesPerToken).toBe(28_672)
    expect(1_556_049 * 28_672).toBeCloseTo(41.55 * 1024 ** 3, -8)
    expect(kvCostOf(qwen, cacheElementBytes('fp8_e4m3', qwen))?.bytesPerToken).toBe(14_336)
    expect(kvCostOf(qwen, cacheElementBytes('fp4_e2m1', qwen))?.bytesPerToken).toBe(28_672 * (0.5625 / 2))
  })
  it('takes the model for its word where nobody chose', () => {
    expect(cacheElementBytes('auto', config({ kvCacheType: 'fp8' }))).toBe(1)
    expect(cacheElementBytes('auto', config({ dtype: 'float32' }))).toBe(4)
    expect(cacheElementBytes('', null)).toBe(2)
  })
  it('counts the compressed rank alone for MLA', () => {
    const mla = config({ layers: 61, heads: 128, kvHeads: 128, kvLoraRank: 512, qkRopeHeadDim: 64 })
    expect(kvCostOf(mla, 2)?.bytesPerToken).toBe(61 * 576 * 2)
  })
  it('lets layers with a window keep no more than the window', () => {
    const cost = kvCostOf(GPT_OSS_120B.config, 2)
    expect(cost?.bytesPerToken).toBe(18 * 2 * 8 * 64 * 2)
    expect(cost?.windowBytes).toBe(18 * (128 + 16) * 2 * 8 * 64 * 2)
  })
  it('lets linear layers keep nothing, by list or by interval', () => {
    const types = ['linear_attention', 'linear_attention', 'linear_attention', 'full_attention']
    expect(
      kvCostOf(config({ layers: 4, kvHeads: 2, headDim: 256, layerTypes: types }), 2)?.bytesPerToken
    ).toBe(2 * 2 * 256 * 2)
    const every4th = config({ layers: 40, kvHeads: 2, headDim: 256, fullAttentionInterval: 4 })
    expect(kvCostOf(every4th, 2)?.bytesPerToken).toBe(10 * 2 * 2 * 256 * 2)
  })
  it('says whether every layer is counted', () => {
    expect(kvCostOf(LLAMA_8B.config, 2)?.isWhole).toBe(true)
    expect(kvCostOf(GPT_OSS_120B.config, 2)?.isWhole).toBe(true)
    const every4th = config({ layers: 40, kvHeads: 2, headDim: 256, fullAttentionInterval: 4 })
    expect(kvCostOf(every4th, 2)?.isWhole).toBe(false)
  })
  it('is never less than nothing, whatever a file says', () => {
    const figure = fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { nil: null })
    const said = fc.record({
      layers: figure,
      hiddenSize: figure,
      heads: figure,
      kvHeads: figure,
      headDim: figure,
      slidingWindow: figure,
      kvLoraRank: figure,
      qkRopeHeadDim: figure,
      fullAttentionInterval: figure,
      vocabularySize: figure,
      experts: figure,
      expertsPerToken: figure,
      moeIntermediateSize: figure,
      layerTypes: fc.option(fc.array(fc.constantFrom('full_attention', 'sliding_attention', 'mamba', '')), {
        nil: null
      })
    })
    fc.assert(
      fc.property(said, (one) => {
        const cost = kvCostOf(config(one), 2)
        expect(cost?.bytesPerToken ?? 0).toBeGreaterThanOrEqual(0)
        expect(cost?.windowBytes ?? 0).toBeGreaterThanOrEqual(0)
        const active = activeWeights(repository(GB, one))
        expect(active === null || (active >= 0 && active <= GB)).toBe(true)
      })
    )
  })
  it('says nothing where the file does not say enough', () => {
    expect(kvCostOf(null, 2)).toBeNull()
    expect(kvCostOf(config({ layers: 32 }), 2)).toBeNull()
    expect(kvCostOf(config({ layers: 0, kvHeads: 8, headDim: 128 }), 2)).toBeNull()
  })
})

describe('weights', () => {
  it('are as vLLM logs them: -3.4 to +2.5 % of the files', () => {
    const { lowBytes, expectedBytes, peakBytes } = loadedWeights(repository(100 * GB, {}))
    expect([lowBytes, expectedBytes, peakBytes].map((bytes) => bytes / GB)).toEqual([96.6, 101.4, 102.5])
  })
  it('read for a token leave out experts that are not asked', () => {
    // 5.1 billion of 116.8 billion parameters are active; those in experts have 4.25 bits.
    const active = activeWeights(GPT_OSS_120B) ?? 0
    expect(active / GB).toBeGreaterThan(2)
    expect(active / GB).toBeLessThan(5)
  })
  it('read for a token leave out the table of embeddings', () => {
    expect(activeWeights(LLAMA_8B)).toBe(16_060_522_496 - 128_256 * 4096 * 2)
  })
  it('are no ceiling where the size of experts is not said', () => {
    expect(activeWeights(repository(GB, { experts: 64 }))).toBeNull()
    expect(activeWeights(repository(GB, null))).toBeNull()
    expect(activeWeights(null)).toBeNull()
  })
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { vllmKvPool, vllmOverhead } from '../../../../../src/shared/domain/estimator/vllm-pool.ts'
import { estimateVllm, vllmNeed } from '../../../../../src/shared/domain/estimator/vllm.ts'
import type { EstimateRequest } from '../../../../../src/shared/domain/estimator/types.ts'
import type { FieldSettings } from '../../../../../src/shared/model/runner.ts'
import { GB, GIB, GPT_OSS_120B, LLAMA_70B, LLAMA_8B, profileOf, SPARK } from './served-facts.ts'

const request = (settings: FieldSettings = {}, more: Partial<EstimateRequest> = {}): EstimateRequest => ({
  profile: profileOf('vllm', settings),
  facts: LLAMA_8B,
  draft: null,
  machine: SPARK,
  ...more
})
const part = (settings: FieldSettings, id: string, more: Partial<EstimateRequest> = {}) =>
  estimateVllm(request(settings, more)).parts.find((one) => one.id === id)

describe("vLLM's pool", () => {
  // Start-up logs on GB10: share, weights, tokens of a step, and the cache that was left (GiB).
  it.each([
    [0.8, 48.5, 4096, 44.03],
    [0.8, 22.83, 4096, 69.53],
    [0.95, 75.03, 8192, 36.25],
    [0.8, 17.17, 32_768, 65.25],
    [0.85, 22.84, 65_536, 62.81]
  ])(
    'with a share of %s, %s GiB of weights and steps of %s tokens is %s GiB',
    (utilisation, weights, tokens, kv) => {
      const totalBytes = 120.66 * GIB
      const pool = vllmKvPool({ totalBytes, utilisation, weightsBytes: weights * GIB, batchedTokens: tokens })
      expect(Math.abs(pool / GIB - kv)).toBeLessThanOrEqual(2)
    }
  )
  it('has its overhead as the logs have it, and more of it with larger steps', () => {
    const gib = (tokens: number) => {
      const { lowBytes, expectedBytes, peakBytes } = vllmOverhead(tokens)
      return [lowBytes, expectedBytes, peakBytes].map((bytes) => Number((bytes / GIB).toFixed(1)))
    }
    expect(gib(2048)).toEqual([1.4, 3.2, 5])
    expect(gib(8192)).toEqual([1.4, 3.2, 5])
    expect(gib(32_768)[1]).toBe(13)
    expect(gib(65_536)[1]).toBe(18)
    expect(gib(131_072)[1]).toBe(28)
  })
})

describe('estimate of vLLM', () => {
  it('is its share of all memory, whatever the model', () => {
    for (const facts of [LLAMA_8B, GPT_OSS_120B, null]) {
      const { total } = estimateVllm(request({ gpuMemoryUtilization: 0.7 }, { facts }))
      expect((total.lowBytes - 0.7 * SPARK.memTotalBytes) / GIB).toBeCloseTo(0.3, 5)
      expect((total.expectedBytes - 0.7 * SPARK.memTotalBytes) / GIB).toBeCloseTo(1, 5)
    }
  })
  it('fills the share with its cache', () => {
    const cache = part({ gpuMemoryUtilization: 0.4 }, 'kv')
    expect((cache?.expectedBytes ?? 0) / GIB).toBeCloseTo(
      0.4 * 119.63 - (16.0605 * 1.014 * GB) / GIB - 3.2,
      2
    )
  })
  it('says what is really needed, so that the share can be written back', () => {
    const need = vllmNeed(request({ maxModelLen: 32_768 }))
    expect(need?.kvBytesPerToken).toBe(131_072)
    expect(need?.cacheBytes).toBe(32_768 * 131_072)
    expect(need?.neededBytes).toBe((need?.weightsBytes ?? 0) + (need?.overheadBytes ?? 0) + 32_768 * 131_072)
    // 15.2 + 3.2 + 4 GiB of 119.63.
    expect(need?.utilisation).toBe(0.19)
    expect(estimateVllm(request({ maxModelLen: 32_768 })).notes[0]).toMatch(
      /^It really needs 22\.4 GiB: weights 15\.2 GiB, overhead 3\.2 GiB and 4\.0 GiB of cache for 32768 tokens\.$/
    )
  })
  it('with the share that it says is needed, starts', () => {
    const need = vllmNeed(request({ maxModelLen: 32_768 }))
    const settings = { maxModelLen: 32_768, gpuMemoryUtilization: need?.utilisation ?? 0 }
    expect(estimateVllm(request(settings)).notes.join(' ')).not.toMatch(/will not start/)
  })
  it('halves the cache with FP8, and believes arguments over fields', () => {
    expect(vllmNeed(request({ kvCacheDtype: 'fp8' }))?.kvBytesPerToken).toBe(65_536)
    const args = ['--kv-cache-dtype=fp8', '--gpu-memory-utilization', '0.6', '--max_model_len', '1000']
    const need = vllmNeed(request({ extraArgs: args }))
    expect(need?.cacheBytes).toBe(1000 * 65_536)
    const { total } = estimateVllm(request({ extraArgs: args }))
    expect(total.expectedBytes / SPARK.memTotalBytes).toBeCloseTo(0.6 + 1 / 119.63, 5)
  })
  it('with a cache of a set size adds up what it needs', () => {
    const { parts, total } = estimateVllm(request({ kvCacheMemoryMiB: 2048 }))
    expect(parts.find(({ id }) => id === 'kv')?.expectedBytes).toBe(2 * GIB)
    expect(total.expectedBytes / GIB).toBeCloseTo((16.0605 * 1.014 * GB) / GIB + 2 + 3.2 + 1, 2)
    expect(total.lowBytes).toBeLessThan(total.expectedBytes)
  })
  it('says so where the share does not hold the model, and where no share would', () => {
    expect(estimateVllm(request({ gpuMemoryUtilization: 0.1 })).notes.join(' ')).toMatch(
      /leaves nothing for its cache: it will not start\. A share of 0\.\d+ would hold it/
    )
    expect(estimateVllm(request({}, { facts: LLAMA_70B })).notes.join(' ')).toMatch(
      /No share of this machine/
    )
    expect(estimateVllm(request({}, { facts: LLAMA_70B })).total.expectedBytes).toBeGreaterThan(141 * GB)
  })
  it('says so where its cache does not hold one request', () => {
    expect(estimateVllm(request({ gpuMemoryUtilization: 0.2 })).notes.join(' ')).toMatch(
      /does not hold one request of 131072 tokens \(16\.0 GiB\): it will not start/
    )
  })
  it('says so where less is free than it asks for at its start', () => {
    const machine = { ...SPARK, memAvailableBytes: 40 * GIB }
    expect(estimateVllm(request({ gpuMemoryUtilization: 0.7 }, { machine })).notes.join(' ')).toMatch(
      /refuses to start unless 83\.7 GiB are free; 40\.0 GiB are/
    )
  })
  it('shows what is held twice while it loads', () => {
    expect(part({}, 'load-transient')?.peakBytes).toBe(5e9)
    expect(part({ loadFormat: 'fastsafetensors' }, 'load-transient')?.peakBytes).toBeCloseTo(16.29 * GB, -8)
    // BF16 that is packed to 8 bits: half as much at work, the originals beside it while it loads.
    const packed = { extraArgs: ['--quantization', 'fp8'] }
    expect(part(packed, 'load-transient')?.peakBytes).toBeCloseTo(16.29 * GB, -8)
    expect(part(packed, 'weights-device')?.expectedBytes).toBeCloseTo(8.14 * GB, -8)
  })
  it('is rough with large steps or a draft model, good otherwise', () => {
    expect(estimateVllm(request()).confidence).toBe('good')
    expect(estimateVllm(request({ maxNumBatchedTokens: 32_768 })).confidence).toBe('rough')
    expect(estimateVllm(request({ extraArgs: ['--speculative-config', '{}'] })).confidence).toBe('rough')
    expect(part({}, 'draft', { draft: LLAMA_8B })?.expectedBytes).toBeCloseTo(16.29 * GB, -8)
  })
  it('lets several machines share a model', () => {
    const alone = vllmNeed(request())
    const two = vllmNeed(request({ extraArgs: ['--tensor-parallel-size', '2'] }))
    expect(two?.weightsBytes).toBeCloseTo((alone?.weightsBytes ?? 0) / 2, -1)
    expect(two?.kvBytesPerToken).toBe((alone?.kvBytesPerToken ?? 0) / 2)
  })
  it('is always in order, and grows with its share', () => {
    const share = fc.double({ min: 0.05, max: 0.95, noNaN: true })
    const bytes = fc.double({ min: 1e8, max: 2e12, noNaN: true })
    fc.assert(
      fc.property(
        share,
        share,
        bytes,
        fc.integer({ min: 0, max: 1e6 }),
        fc.nat(1e6),
        (a, b, weights, context, step) => {
          const totals = [Math.min(a, b), Math.max(a, b)].map((gpuMemoryUtilization) => {
            const facts = { ...LLAMA_8B, weightsBytes: weights }
            const settings = { gpuMemoryUtilization, maxModelLen: context, maxNumBatchedTokens: step }
            return estimateVllm(request(settings, { facts })).total
          })
          for (const { lowBytes, expectedBytes, peakBytes } of totals) {
            expect(lowBytes).toBeGreaterThanOrEqual(0)
            expect(expectedBytes).toBeGreaterThanOrEqual(lowBytes)
            expect(peakBytes).toBeGreaterThanOrEqual(expectedBytes)
          }
          expect(totals[1]?.expectedBytes).toBeGreaterThanOrEqual((totals[0]?.expectedBytes ?? 0) - 2)
        }
      )
    )
  })
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimateNim } from '../../../../../src/shared/domain/estimator/nim.ts'
import { estimateSglang, sglangNeed, sglangPool } from '../../../../../src/shared/domain/estimator/sglang.ts'
import { estimateTrtllm, trtllmPool } from '../../../../../src/shared/domain/estimator/trtllm.ts'
import type { EstimateRequest } from '../../../../../src/shared/domain/estimator/types.ts'
import type { FieldProfile, FieldSettings } from '../../../../../src/shared/model/runner.ts'
import { GIB, GPT_OSS_120B, LLAMA_70B, LLAMA_8B, profileOf, SPARK } from './served-facts.ts'

const request = (
  kind: FieldProfile['kind'],
  settings: FieldSettings = {},
  more: Partial<EstimateRequest> = {}
): EstimateRequest => ({
  profile: profileOf(kind, settings),
  facts: LLAMA_8B,
  draft: null,
  machine: SPARK,
  ...more
})
const gib = (bytes: number) => bytes / GIB

describe('SGLang', () => {
  it('has the pool of a log on GB10: 109.0 − 112.3 · 0.6 = 41.6', () => {
    expect(sglangPool({ availableBeforeBytes: 112.3, fraction: 0.4, weightsBytes: 3.3 })).toBeCloseTo(41.6, 1)
    expect(sglangPool({ availableBeforeBytes: 16.48, fraction: 0.2, weightsBytes: 3.01 })).toBeCloseTo(
      0.29,
      2
    )
  })
  it('takes its share of what is free, and 2 to 4 GiB beside it', () => {
    const { total } = estimateSglang(request('sglang', { memFractionStatic: 0.5 }))
    const beside = gib(total.expectedBytes) - 0.5 * 112
    expect(beside).toBeGreaterThan(2)
    expect(beside).toBeLessThan(4)
  })
  it('takes less where others hold memory', () => {
    const machine = { ...SPARK, memAvailableBytes: 50 * GIB }
    expect(gib(estimateSglang(request('sglang', {}, { machine })).total.expectedBytes)).toBeLessThan(30)
  })
  it('saves its graphs where they are switched off', () => {
    const without = estimateSglang(request('sglang', { disableCudaGraph: true }))
    expect(without.parts.some(({ id }) => id === 'compute-device')).toBe(false)
    const byArgument = estimateSglang(request('sglang', { extraArgs: ['--disable-cuda-graph'] }))
    expect(byArgument.total).toEqual(without.total)
  })
  it('says which share would do', () => {
    const need = sglangNeed(request('sglang', { contextLength: 32_768 }))
    // 15.2 + 4 GiB of 112.
    expect(need?.fraction).toBe(0.18)
    const short = estimateSglang(request('sglang', { memFractionStatic: 0.1 }))
    expect(short.notes.join(' ')).toMatch(/will not start\. A share of 0\.28 would hold it/)
    const tooLarge = estimateSglang(request('sglang', {}, { facts: LLAMA_70B }))
    expect(tooLarge.notes.join(' ')).toMatch(/No share of what is free would hold it/)
  })
  it('knows its share without the model, and says what it does not know', () => {
    const { total, confidence, notes } = estimateSglang(request('sglang', {}, { facts: null }))
    expect(confidence).toBe('rough')
    expect(notes).toHaveLength(1)
    expect(gib(total.expectedBytes)).toBeGreaterThan(56)
  })
})

describe('TensorRT-LLM', () => {
  it('takes its share of what is free once the model is loaded', () => {
    const { parts, total } = estimateTrtllm(
      request('trtllm', { freeGpuMemoryFraction: 0.5 }, { facts: GPT_OSS_120B })
    )
    const weights = (65.248815744e9 * 1.014) / GIB
    const cache = parts.find(({ id }) => id === 'kv')
    expect(gib(cache?.expectedBytes ?? 0)).toBeCloseTo(0.5 * (112 - weights - 3.2), 1)
    expect(gib(total.expectedBytes)).toBeGreaterThan(80)
    expect(gib(total.expectedBytes)).toBeLessThan(100)
  })
  it('takes less where its own files are still in the page cache', () => {
    const cache = estimateTrtllm(request('trtllm')).parts.find(({ id }) => id === 'kv')
    expect(cache?.lowBytes).toBeLessThan(cache?.expectedBytes ?? 0)
  })
  it('has no pool without room', () => {
    expect(trtllmPool(-1, 0.9)).toBe(0)
    expect(estimateTrtllm(request('trtllm', {}, { facts: LLAMA_70B })).notes.join(' ')).toMatch(
      /will not start/
    )
  })
  it('without the model says an interval from its share to everything', () => {
    const { total, confidence } = estimateTrtllm(request('trtllm', {}, { facts: null }))
    expect(confidence).toBe('unknown')
    expect(gib(total.lowBytes)).toBeGreaterThan(56)
    expect(gib(total.peakBytes)).toBeGreaterThan(112)
  })
})

describe('NIM', () => {
  it('takes its share of all memory, and is not sure of it', () => {
    const { total, confidence } = estimateNim(request('nim', { cacheShare: 0.4 }, { facts: null }))
    expect(confidence).toBe('rough')
    expect(gib(total.expectedBytes)).toBeCloseTo(0.4 * 119.63 + 1.5, 5)
    expect(total.peakBytes).toBeGreaterThan(0.5 * SPARK.memTotalBytes)
  })
  it('takes nearly all where nobody chose', () => {
    const { total } = estimateNim(request('nim', { cacheShare: 0 }, { facts: null }))
    expect(total.expectedBytes / SPARK.memTotalBytes).toBeGreaterThan(0.9)
  })
})

describe('all of them', () => {
  const estimators = { sglang: estimateSglang, trtllm: estimateTrtllm, nim: estimateNim }
  const settings = fc.record({
    fraction: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
    weights: fc.double({ min: 0, max: 1e13, noNaN: true }),
    available: fc.double({ min: 0, max: 1e12, noNaN: true }),
    context: fc.nat(4_194_304),
    isKnown: fc.boolean()
  })
  it.each(['sglang', 'trtllm', 'nim'] as const)('%s is in order for whatever it is given', (kind) => {
    fc.assert(
      fc.property(settings, ({ fraction, weights, available, context, isKnown }) => {
        const fields = {
          sglang: { memFractionStatic: fraction, contextLength: context },
          trtllm: { freeGpuMemoryFraction: fraction, maxSeqLen: context },
          nim: { cacheShare: fraction }
        }
        const { total, parts, growthBytes } = estimators[kind](
          request(kind, fields[kind], {
            facts: isKnown ? { ...LLAMA_8B, weightsBytes: weights } : null,
            machine: { ...SPARK, memAvailableBytes: available }
          })
        )
        for (const { lowBytes, expectedBytes, peakBytes } of [total, ...parts]) {
          expect(lowBytes).toBeGreaterThanOrEqual(0)
          expect(expectedBytes).toBeGreaterThanOrEqual(lowBytes)
          expect(peakBytes).toBeGreaterThanOrEqual(expectedBytes)
          expect(Number.isFinite(peakBytes)).toBe(true)
        }
        expect(growthBytes).toBeGreaterThanOrEqual(0)
      })
    )
  })
})

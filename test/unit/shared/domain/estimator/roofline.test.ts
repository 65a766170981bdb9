import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ceilingTokensPerS, memoryBandwidth } from '../../../../../src/shared/domain/estimator/roofline.ts'

describe('ceiling of tokens per second', () => {
  it('is the bandwidth by what one token reads', () => {
    // Llama-3.1-8B in BF16 on GB10, without a cache and with one of 2 GB.
    expect(ceilingTokensPerS(16e9, 0, 273e9)).toBeCloseTo(17.06, 2)
    expect(ceilingTokensPerS(16e9, 2e9, 273e9)).toBeCloseTo(15.17, 2)
  })
  it('is none where nothing is read, or nothing is known of the memory', () => {
    expect(ceilingTokensPerS(0, 0, 273e9)).toBeNull()
    expect(ceilingTokensPerS(16e9, 0, 0)).toBeNull()
    expect(ceilingTokensPerS(Number.NaN, 0, 273e9)).toBeNull()
  })
  it('falls with what is read', () => {
    const bytes = fc.double({ min: 1, max: 1e12, noNaN: true })
    fc.assert(
      fc.property(bytes, bytes, bytes, (weights, cache, bandwidth) => {
        const all = ceilingTokensPerS(weights, cache, bandwidth) ?? 0
        expect(all).toBeLessThanOrEqual(ceilingTokensPerS(weights, 0, bandwidth) ?? 0)
        expect(all).toBeGreaterThan(0)
      })
    )
  })
})

describe('bandwidth by the name that NVML gives', () => {
  it.each([
    ['NVIDIA GB10', 273],
    ['NVIDIA Thor', 273],
    ['NVIDIA GeForce RTX 5090', 1792],
    ['NVIDIA GeForce RTX 4090', 1008],
    ['NVIDIA RTX PRO 6000 Blackwell Workstation Edition', 1792],
    ['NVIDIA H100 80GB HBM3', 3350],
    ['NVIDIA H100 PCIe', 2000],
    ['NVIDIA H200', 4800],
    ['NVIDIA GH200 480GB', 4000],
    ['NVIDIA A100-SXM4-40GB', 1555],
    ['AMD Radeon 8060S', 256]
  ])('%s has %s GB/s', (name, gbPerS) => {
    expect(memoryBandwidth(name)).toBe(gbPerS * 1e9)
  })
  it.each(['', 'llvmpipe', 'NVIDIA GeForce RTX 4090 Laptop GPU', 'NVIDIA GB1', 'NVIDIA GeForce RTX 5080'])(
    'of %s is not known',
    (name) => {
      expect(memoryBandwidth(name)).toBeNull()
    }
  )
})

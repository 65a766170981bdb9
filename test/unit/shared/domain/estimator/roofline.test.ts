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
    ['NVIDIA GeForce RTX 5090', 1792],
    ['NVIDIA GeForce RTX 4090', 1008],
    ['NVIDIA GeForce RTX 3090', 936],
    ['NVIDIA RTX PRO 6000 Blackwell Workstation Edition', 1792],
    ['NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition', 1792],
    ['NVIDIA RTX 6000 Ada Generation', 960],
    ['NVIDIA L40S', 864],
    ['NVIDIA H100 80GB HBM3', 3350],
    ['NVIDIA H200', 4800],
    ['NVIDIA B200', 8000],
    ['NVIDIA A100-SXM4-40GB', 1555],
    ['NVIDIA A100-SXM4-80GB', 2039],
    ['AMD Radeon 8060S', 256]
  ])('%s has %s GB/s', (name, gbPerS) => {
    expect(memoryBandwidth(name)).toBe(gbPerS * 1e9)
  })
  it.each(['', 'llvmpipe', 'NVIDIA GB1', 'NVIDIA GeForce RTX 5080'])('of %s is not known', (name) => {
    expect(memoryBandwidth(name)).toBeNull()
  })
  it.each([
    'NVIDIA H100 PCIe',
    'NVIDIA H100 NVL',
    'NVIDIA H100 80GB HBM2e',
    'NVIDIA GH200 480GB',
    'NVIDIA GH200 144G HBM3e',
    'NVIDIA GB300',
    'NVIDIA B300 SXM6 AC',
    'NVIDIA Thor',
    'NVIDIA A100-PCIE-40GB',
    'NVIDIA A100 80GB PCIe',
    'NVIDIA A100-SXM4-40GB MIG 1g.5gb',
    'NVIDIA RTX PRO 5000 Blackwell',
    'NVIDIA RTX PRO 6000 Blackwell Server Edition',
    'NVIDIA GeForce RTX 3090 Ti',
    'NVIDIA GeForce RTX 4090 D',
    'NVIDIA GeForce RTX 4090 Laptop GPU'
  ])('%s is not taken for its relative', (name) => {
    expect(memoryBandwidth(name)).toBeNull()
  })
})

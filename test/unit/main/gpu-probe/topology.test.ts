import { describe, expect, it } from 'vitest'
import { topologyOf } from '../../../../src/main/gpu-probe/topology.ts'
import type { Reading } from '../../../../src/shared/model/reading.ts'

const nvidia = (arch: string, ...devices: readonly [string, Reading][]): string =>
  topologyOf({
    vendor: 'nvidia',
    arch,
    devices: devices.map(([name, memoryTotal]) => ({ name, memoryTotal }))
  })

describe('memory topology', () => {
  it.each([
    ['NVIDIA GB10', 'not-supported'],
    ['NVIDIA GB10', 127_600_748 * 1024],
    ['NVIDIA GB10', 'unknown'],
    ['NVIDIA Thor', 'not-supported'],
    ['Orin (nvgpu)', 'not-supported'],
    ['Xavier (nvgpu)', 'unknown'],
    ['NVIDIA N1X', 'not-supported']
  ] as const)('%s with memory %s on arm64 is unified', (name, memory) => {
    expect(nvidia('arm64', [name, memory])).toBe('unified')
  })

  it.each([
    ['x64', 'NVIDIA RTX 6000 Ada Generation', 48 * 1024 ** 3],
    ['x64', 'NVIDIA GeForce RTX 3090 Ti', 24 * 1024 ** 3],
    ['x64', 'NVIDIA H100 80GB HBM3', 80 * 1024 ** 3],
    ['x64', 'NVIDIA H100 MIG parent', 'not-supported'],
    ['arm64', 'NVIDIA GH200 480GB', 96 * 1024 ** 3],
    ['arm64', 'NVIDIA GB200', 192 * 1024 ** 3],
    ['arm64', 'NVIDIA GB300', 288 * 1024 ** 3],
    ['arm64', 'NVIDIA GB100', 'unknown']
  ] as const)('on %s %s with memory %s is discrete', (arch, name, memory) => {
    expect(nvidia(arch, [name, memory])).toBe('discrete')
  })

  it('lets the GPU that shares the memory decide', () => {
    expect(nvidia('arm64', ['NVIDIA RTX 6000 Ada Generation', 1], ['NVIDIA GB10', 'not-supported'])).toBe(
      'unified'
    )
  })

  it('tells AMD APUs from cards, and nothing from both', () => {
    expect(topologyOf({ vendor: 'amd', devices: [{ apu: false }, { apu: true }] })).toBe('amd-apu')
    expect(topologyOf({ vendor: 'amd', devices: [{ apu: false }] })).toBe('discrete')
    expect(topologyOf({ vendor: 'none' })).toBe('none')
    expect(nvidia('arm64')).toBe('none')
  })
})

import type { GpuDevice, MemoryTopology } from '../../shared/model/gpu.ts'
import type { Reading } from '../../shared/model/reading.ts'

/** Architecture as Node names it (process.arch). */
export interface NvidiaFacts {
  readonly vendor: 'nvidia'
  readonly arch: string
  readonly devices: readonly { readonly name: string; readonly memoryTotal: Reading }[]
}

export interface AmdFacts {
  readonly vendor: 'amd'
  /** One per card, from `isApu`. */
  readonly devices: readonly { readonly apu: boolean }[]
}

export type TopologyFacts = NvidiaFacts | AmdFacts | { readonly vendor: 'none' }

// GB10 (DGX Spark), Jetson Thor (its chip is called GB10B in the driver), Orin and Xavier ('Orin (nvgpu)'). GB200
// and GB300 must not match: their HBM is a pool of its own, and so is GH200's.
const UNIFIED_NAME = /\b(?:GB10B?|Thor|Orin|Xavier)\b|\(nvgpu\)/i

/**
 * How the GPU's memory relates to the system's.
 *
 * By name first. A name that is not known counts as unified when the driver says 'not supported' to the memory
 * question on an Arm machine: that is how an integrated GPU without a framebuffer answers, while every discrete
 * card has one. On x86-64 the same answer comes from MIG parents and virtual GPUs, which are discrete. A GB10 that
 * does report a total (≈ MemTotal, some drivers are said to) stays unified.
 * With several GPUs, one that shares the system's memory decides: it is the one that can starve the desktop.
 */
export function topologyOf(facts: TopologyFacts): MemoryTopology {
  if (facts.vendor === 'none' || facts.devices.length === 0) return 'none'
  if (facts.vendor === 'amd') return facts.devices.some((device) => device.apu) ? 'amd-apu' : 'discrete'
  const unified = facts.devices.some((device) => sharesSystemMemory(device, facts.arch))
  return unified ? 'unified' : 'discrete'
}

/** Whether one NVIDIA GPU takes its memory from the system's. */
export function sharesSystemMemory(
  device: { readonly name: string; readonly memoryTotal: Reading },
  arch: string
): boolean {
  return UNIFIED_NAME.test(device.name) || (arch === 'arm64' && device.memoryTotal === 'not-supported')
}

/** The facts about NVIDIA devices that were read. */
export const nvidiaFacts = (devices: readonly GpuDevice[], arch: string): NvidiaFacts => ({
  vendor: 'nvidia',
  arch,
  devices: devices.map((device) => ({ name: device.name, memoryTotal: device.memory.totalBytes }))
})

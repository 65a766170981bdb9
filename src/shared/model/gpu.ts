import type { Reading } from './reading.ts'

/**
 * How the GPU's memory relates to the system's.
 *
 * unified: same DRAM, driver allocations in no meminfo field (GB10, Jetson Thor/Orin). amd-apu: the same, with a
 * carve-out (VRAM) outside MemTotal and GTT inside it. discrete: own VRAM, nothing of it in MemTotal. none: no GPU.
 */
export type MemoryTopology = 'unified' | 'discrete' | 'amd-apu' | 'none'

export interface GpuDevice {
  readonly index: number
  readonly name: string
  /** Device-level memory; 'not-supported' on GB10 by design. */
  readonly memory: { readonly totalBytes: Reading; readonly usedBytes: Reading; readonly freeBytes: Reading }
  readonly utilizationPct: Reading
  readonly temperatureC: Reading
  readonly powerW: Reading
  readonly smClockMHz: Reading
}

/** GPU memory of one process on all devices; C and G rows of one pid are one (the larger), never added. */
export interface GpuProcess {
  readonly pid: number
  /** 'unknown' for the driver's N/A rows. On amd-apu: GTT bytes (those that come out of MemTotal). */
  readonly bytes: Reading
}

export type GpuSource = 'nvml' | 'nvidia-smi' | 'amdgpu' | 'none'

/**
 * What the probe last said. `stale`: older than the probe's deadline, show with its age and do not act on it.
 * starting: no answer yet. ok: answered. stuck: the driver does not answer. failed: the probe cannot run.
 */
export interface GpuSnapshot {
  readonly state: 'starting' | 'ok' | 'stuck' | 'failed'
  readonly source: GpuSource
  readonly topology: MemoryTopology
  readonly driverVersion: string | null
  readonly devices: readonly GpuDevice[]
  readonly processes: readonly GpuProcess[]
  /** ms since the reading was taken; 'unknown' before the first. */
  readonly ageMs: Reading
  readonly stale: boolean
  /** For people: why there is no better reading; null when all is well. */
  readonly note: string | null
}

export const NO_GPU_YET: GpuSnapshot = {
  state: 'starting',
  source: 'none',
  topology: 'none',
  driverVersion: null,
  devices: [],
  processes: [],
  ageMs: 'unknown',
  stale: true,
  note: 'the GPU probe has not answered yet'
}

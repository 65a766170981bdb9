import type { GpuDevice, GpuProcess, GpuSource, MemoryTopology } from '../../shared/model/gpu.ts'

/**
 * What core and probe say to each other: one JSON document per line, one question in flight.
 *
 * Types only, so that the child carries no parser library; the core parses every line (reading.parse.ts).
 */
export interface ProbeRequest {
  /** Number of the question; the answer repeats it. */
  readonly read: number
}

/** What one source found out at one moment. */
export interface GpuReading {
  readonly source: GpuSource
  readonly topology: MemoryTopology
  readonly driverVersion: string | null
  readonly devices: readonly GpuDevice[]
  readonly processes: readonly GpuProcess[]
  /** For people: what could not be read; null when all is well. */
  readonly note: string | null
}

/** A reading, or the reason why there is none this time: then the core keeps the last one, with its age. */
export type ProbeReply =
  { readonly read: number; readonly reading: GpuReading } | { readonly read: number; readonly error: string }

/** Reads once. `error`: a source that should answer did not; never half a reading. */
export interface GpuReader {
  read(): Promise<{ readonly reading: GpuReading } | { readonly error: string }>
}

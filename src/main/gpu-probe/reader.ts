import type { AmdPlaces } from './amdgpu/source.ts'
import { createAmdSource } from './amdgpu/source.ts'
import type { NvmlApi } from './nvml/api.ts'
import { createNvmlSource, type NvmlResult } from './nvml/source.ts'
import type { GpuReader, GpuReading } from './protocol.ts'
import type { SmiRunner } from './smi/run.ts'
import { readSmi, type SmiResult } from './smi/source.ts'

/** A driver may be installed or loaded while the app runs; looking for it costs a dlopen or a spawn. */
const LOOK_AGAIN_MS = 60_000

export interface ReaderParts extends AmdPlaces {
  /** Loads libnvidia-ml; throws when it cannot be loaded. */
  readonly loadNvml: () => NvmlApi
  readonly smi: SmiRunner
  readonly arch: string
  readonly monotonicMs: () => number
}

/**
 * Asks the sources in order: NVML; nvidia-smi where the library cannot be loaded; amdgpu's sysfs; else 'none'.
 *
 * A source that has shown GPUs once and then fails is an error and never 'no GPU': the core keeps its last reading,
 * with its age.
 */
export function createReader(parts: ReaderParts): GpuReader {
  let nvml: { read(): NvmlResult } | null = null
  let loadFailure = ''
  let loadAgainAtMs = Number.NEGATIVE_INFINITY
  let smiAgainAtMs = Number.NEGATIVE_INFINITY
  let smiFailure = ''
  let shownByNvidia = false
  const amd = createAmdSource(parts, parts.monotonicMs)

  const load = (): void => {
    if (nvml !== null || parts.monotonicMs() < loadAgainAtMs) return
    loadAgainAtMs = parts.monotonicMs() + LOOK_AGAIN_MS
    try {
      nvml = createNvmlSource(parts.loadNvml(), parts.arch)
    } catch (error) {
      loadFailure = error instanceof Error ? error.message : String(error)
    }
  }

  const askSmi = async (): Promise<SmiResult> => {
    if (parts.monotonicMs() < smiAgainAtMs) return { kind: 'unavailable', why: smiFailure }
    const result = await readSmi(parts.smi, parts.arch)
    if (result.kind === 'unavailable') {
      smiFailure = result.why
      smiAgainAtMs = parts.monotonicMs() + LOOK_AGAIN_MS
    }
    return result
  }

  return {
    async read() {
      load()
      const answer = nvml === null ? await askSmi() : nvml.read()
      if (answer.kind === 'reading' && answer.reading.devices.length > 0) {
        shownByNvidia = true
        return { reading: answer.reading }
      }
      const why =
        answer.kind === 'reading' ? (answer.reading.note ?? 'the NVIDIA driver lists no GPU') : answer.why
      if (answer.kind === 'failed' || shownByNvidia) return { error: why }
      const reading = amd.read()
      if (reading !== null) return { reading }
      return { reading: nothing(nvml === null ? `${loadFailure}; ${why}` : why) }
    }
  }
}

const nothing = (why: string): GpuReading => ({
  source: 'none',
  topology: 'none',
  driverVersion: null,
  devices: [],
  processes: [],
  note: `No GPU was found: ${why}; no AMD GPU in sysfs.`
})

import koffi from 'koffi'
import { NVML_SUCCESS, SYMBOL_MISSING } from './codes.ts'

/** A device handle, as the library gave it. Opaque. */
export type NvmlHandle = unknown

/** The few calls that are used, as plain functions: out parameters are buffers, the result is the NVML code. */
export interface NvmlApi {
  init(): number
  shutdown(): number
  driverVersion(out: Buffer): number
  deviceCount(out: Buffer): number
  handle(index: number): { readonly code: number; readonly handle: NvmlHandle }
  name(handle: NvmlHandle, out: Buffer): number
  /** nvmlMemory_t: total, free, used; 8 bytes each. */
  memory(handle: NvmlHandle, out: Buffer): number
  /** nvmlUtilization_t: gpu, memory; 4 bytes each, per cent. */
  utilization(handle: NvmlHandle, out: Buffer): number
  /** °C of the GPU core. */
  temperature(handle: NvmlHandle, out: Buffer): number
  /** Milliwatts. */
  power(handle: NvmlHandle, out: Buffer): number
  /** MHz of the SM domain. */
  smClock(handle: NvmlHandle, out: Buffer): number
  /** The compute and the graphics list. */
  readonly processLists: readonly ProcessList[]
}

export interface ProcessList {
  /** Bytes of one nvmlProcessInfo_t in this version of the call. */
  readonly rowBytes: number
  /** `count`: in, the room in rows; out, the rows there are. */
  call(handle: NvmlHandle, count: Buffer, rows: Buffer): number
}

// nvml.h: NVML_TEMPERATURE_GPU, NVML_CLOCK_SM.
const TEMPERATURE_GPU = 0
const CLOCK_SM = 1
// pid (4, padded to 8) + usedGpuMemory (8); since v2 also gpuInstanceId (4) and computeInstanceId (4).
const ROW_BYTES_V1 = 16
const ROW_BYTES_V2 = 24

/**
 * Binds libnvidia-ml. A function that this version of the library lacks answers SYMBOL_MISSING.
 *
 * Throws when the library cannot be loaded, with the loader's message. Calls block this process for as long as
 * the driver does: that is why the probe is a process of its own.
 */
export function loadNvml(library: string): NvmlApi {
  // koffi.load('') or undefined would silently bind to the main program.
  if (library === '') throw new Error('empty library name')
  const lib = load(library)

  const bind = (name: string, parameters: string): ((...args: unknown[]) => number) | null => {
    try {
      const call = lib.func(`int ${name}(${parameters})`)
      return (...args) => Number(call(...args))
    } catch {
      return null
    }
  }
  const missing = (): number => SYMBOL_MISSING
  const required = (name: string, parameters: string): ((...args: unknown[]) => number) =>
    bind(name, parameters) ?? missing

  const processList = (kind: 'Compute' | 'Graphics'): ProcessList => {
    const parameters = 'void *device, void *count, void *rows'
    const name = `nvmlDeviceGet${kind}RunningProcesses`
    const v2 = bind(`${name}_v3`, parameters) ?? bind(`${name}_v2`, parameters)
    if (v2 !== null) return { rowBytes: ROW_BYTES_V2, call: v2 }
    return { rowBytes: ROW_BYTES_V1, call: required(name, parameters) }
  }

  const driverVersion = required('nvmlSystemGetDriverVersion', 'void *out, uint32 length')
  const handle = required('nvmlDeviceGetHandleByIndex_v2', 'uint32 index, _Out_ void **device')
  const name = required('nvmlDeviceGetName', 'void *device, void *out, uint32 length')
  const temperature = required('nvmlDeviceGetTemperature', 'void *device, int sensor, void *out')
  const clock = required('nvmlDeviceGetClockInfo', 'void *device, int domain, void *out')
  const read = (symbol: string): ((device: NvmlHandle, out: Buffer) => number) =>
    required(symbol, 'void *device, void *out')

  return {
    init: required('nvmlInit_v2', ''),
    shutdown: required('nvmlShutdown', ''),
    driverVersion: (out) => driverVersion(out, out.length),
    deviceCount: required('nvmlDeviceGetCount_v2', 'void *count'),
    handle: (index) => {
      const out: [NvmlHandle] = [null]
      const code = handle(index, out)
      return code === NVML_SUCCESS ? { code, handle: out[0] } : { code, handle: null }
    },
    name: (device, out) => name(device, out, out.length),
    memory: read('nvmlDeviceGetMemoryInfo'),
    utilization: read('nvmlDeviceGetUtilizationRates'),
    temperature: (device, out) => temperature(device, TEMPERATURE_GPU, out),
    power: read('nvmlDeviceGetPowerUsage'),
    smClock: (device, out) => clock(device, CLOCK_SM, out),
    processLists: [processList('Compute'), processList('Graphics')]
  }
}

function load(library: string): ReturnType<typeof koffi.load> {
  try {
    return koffi.load(library)
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error)
    throw new Error(`${library} cannot be loaded (${words})`, { cause: error })
  }
}

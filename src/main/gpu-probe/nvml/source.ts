import type { GpuDevice } from '../../../shared/model/gpu.ts'
import { bytesByProcess, type ProcessRow } from '../process-bytes.ts'
import type { GpuReading } from '../protocol.ts'
import { nvidiaFacts, sharesSystemMemory, topologyOf } from '../topology.ts'
import type { NvmlApi, NvmlHandle } from './api.ts'
import { endsSession, initFailure, NVML_SUCCESS } from './codes.ts'
import { cString, decodeMemory, reading } from './decode.ts'
import { readProcessList } from './processes.ts'

/** nvml.h: NVML_DEVICE_NAME_V2_BUFFER_SIZE, NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE. */
const NAME_BYTES = 96
const VERSION_BYTES = 80

/** unavailable: no session with the driver. failed: a session broke during this reading. */
export type NvmlResult =
  | { readonly kind: 'reading'; readonly reading: GpuReading }
  | { readonly kind: 'unavailable' | 'failed'; readonly why: string }

class SessionEnded extends Error {}

interface DeviceReading {
  readonly device: GpuDevice
  readonly rows: readonly ProcessRow[]
  readonly complete: boolean
}

/**
 * Reads all NVIDIA GPUs through NVML; keeps the session open between readings and reopens it when the driver was
 * reloaded or a GPU was lost.
 */
export function createNvmlSource(api: NvmlApi, arch: string): { read(): NvmlResult } {
  let open = false

  const check = (code: number): number => {
    if (endsSession(code)) throw new SessionEnded(initFailure(code))
    return code
  }

  const readDevice = (index: number, handle: NvmlHandle): DeviceReading => {
    const name = Buffer.alloc(NAME_BYTES)
    const nameCode = check(api.name(handle, name))
    const memory = Buffer.alloc(24)
    const memoryCode = check(api.memory(handle, memory))
    const number = (call: (handle: NvmlHandle, out: Buffer) => number): ReturnType<typeof reading> => {
      // nvmlUtilization_t is two words; its first is the GPU's.
      const out = Buffer.alloc(8)
      const code = check(call(handle, out))
      return reading(code, () => out.readUInt32LE())
    }
    const powerMw = number(api.power)
    const lists = api.processLists.map((list) => readProcessList(list, handle, String(index)))
    return {
      device: {
        index,
        name: nameCode === NVML_SUCCESS ? cString(name) : 'NVIDIA GPU',
        memory: decodeMemory(memoryCode, memory),
        utilizationPct: number(api.utilization),
        temperatureC: number(api.temperature),
        powerW: typeof powerMw === 'number' ? powerMw / 1000 : powerMw,
        smClockMHz: number(api.smClock)
      },
      rows: lists.flatMap((rows) => rows ?? []),
      complete: lists.every((rows) => rows !== null)
    }
  }

  const readAll = (): GpuReading => {
    const count = Buffer.alloc(4)
    const countCode = check(api.deviceCount(count))
    if (countCode !== NVML_SUCCESS)
      throw new SessionEnded(`the GPUs could not be counted (NVML error ${countCode})`)
    const found: DeviceReading[] = []
    const notes: string[] = []
    for (let index = 0; index < count.readUInt32LE(); index++) {
      const { code, handle } = api.handle(index)
      check(code)
      if (code === NVML_SUCCESS) found.push(readDevice(index, handle))
      else notes.push(`GPU ${index} cannot be opened (NVML error ${code})`)
    }
    if (found.some((one) => !one.complete))
      notes.push('the driver did not list the GPU’s processes this time')
    const version = Buffer.alloc(VERSION_BYTES)
    const versionCode = check(api.driverVersion(version))
    return assemble(found, versionCode === NVML_SUCCESS ? cString(version) : null, notes, arch)
  }

  const close = (): void => {
    open = false
    api.shutdown()
  }

  return {
    read() {
      if (!open) {
        const code = api.init()
        if (code !== NVML_SUCCESS) return { kind: 'unavailable', why: initFailure(code) }
        open = true
      }
      try {
        return { kind: 'reading', reading: readAll() }
      } catch (error) {
        if (!(error instanceof SessionEnded)) throw error
        close()
        return { kind: 'failed', why: error.message }
      }
    }
  }
}

// Where a unified GPU sits beside a discrete one, only the former's processes hold the system's memory.
function assemble(
  found: readonly DeviceReading[],
  driverVersion: string | null,
  notes: readonly string[],
  arch: string
): GpuReading {
  const devices = found.map((one) => one.device)
  const topology = topologyOf(nvidiaFacts(devices, arch))
  const holders = found.filter(
    ({ device }) =>
      topology !== 'unified' ||
      sharesSystemMemory({ name: device.name, memoryTotal: device.memory.totalBytes }, arch)
  )
  return {
    source: 'nvml',
    topology,
    driverVersion,
    devices,
    processes: bytesByProcess(holders.flatMap((one) => one.rows)),
    note: notes.length === 0 ? null : notes.join('; ')
  }
}

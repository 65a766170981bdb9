import type { GpuDevice } from '../../../shared/model/gpu.ts'
import type { Reading } from '../../../shared/model/reading.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { ProcessRow } from '../process-bytes.ts'

/** The columns asked for, in this order; `parseDevices` reads them back. */
export const DEVICE_FIELDS = [
  'index',
  'name',
  'driver_version',
  'memory.total',
  'memory.used',
  'memory.free',
  'utilization.gpu',
  'temperature.gpu',
  'power.draw',
  'clocks.current.sm'
] as const

/** With the GPU, so that the rows of one process on one GPU are told from those on several. */
export const PROCESS_FIELDS = ['gpu_uuid', 'pid', 'used_memory'] as const

const MIB = 1024 * 1024
const ABSENT = new Set(['n/a', '[n/a]', 'not supported', '[not supported]'])
const FAILED = new Set(['[unknown error]', '[gpu is lost]', '[insufficient permissions]', 'err!'])
const NUMBER = /^\d+(?:\.\d+)?$/
const INTEGER = /^\d+$/
// Printed instead of rows; some versions print nothing.
const NO_DEVICES = /^No devices were found$/i
const NO_PROCESSES = /^No running processes found$/i

class Malformed extends Error {}

function figure(field: string, scale = 1): Reading {
  const word = field.toLowerCase()
  if (ABSENT.has(word)) return 'not-supported'
  if (FAILED.has(word)) return 'unknown'
  if (!NUMBER.test(field)) throw new Malformed(`'${field}' is not a figure`)
  return Number(field) * scale
}

function integer(field: string): number {
  if (!INTEGER.test(field)) throw new Malformed(`'${field}' is not a whole number`)
  return Number(field)
}

function rowsOf(text: string, columns: number, nothing: RegExp): string[][] {
  const lines = text.split('\n').map((line) => line.trim())
  return lines
    .filter((line) => line !== '' && !nothing.test(line))
    .map((line) => {
      const fields = line.split(',').map((field) => field.trim())
      if (fields.length !== columns)
        throw new Malformed(`${fields.length} fields instead of ${columns}: '${line}'`)
      return fields
    })
}

function strictly<T>(parse: () => T): Result<T, string> {
  try {
    return ok(parse())
  } catch (error) {
    if (error instanceof Malformed) return err(error.message)
    throw error
  }
}

/**
 * `nvidia-smi --query-gpu=DEVICE_FIELDS --format=csv,noheader,nounits`.
 *
 * Strict: one line that is not understood fails the whole text, so that no half-read figure is shown. Memory is in
 * MiB there. '[N/A]' and its spellings are 'not-supported', never 0.
 */
export function parseDevices(
  text: string
): Result<{ readonly devices: GpuDevice[]; readonly driverVersion: string | null }, string> {
  return strictly(() => {
    let driverVersion: string | null = null
    const devices = rowsOf(text, DEVICE_FIELDS.length, NO_DEVICES).map((fields) => {
      const [index = '', name = '', version = '', total = '', used = '', free = '', ...rest] = fields
      const [utilization = '', temperature = '', power = '', clock = ''] = rest
      if (name === '') throw new Malformed('a GPU without a name')
      driverVersion ??= ABSENT.has(version.toLowerCase()) ? null : version
      return {
        index: integer(index),
        name,
        memory: {
          totalBytes: figure(total, MIB),
          usedBytes: figure(used, MIB),
          freeBytes: figure(free, MIB)
        },
        utilizationPct: figure(utilization),
        temperatureC: figure(temperature),
        powerW: figure(power),
        smClockMHz: figure(clock)
      }
    })
    return { devices, driverVersion }
  })
}

/** `nvidia-smi --query-compute-apps=PROCESS_FIELDS …`, as strict. A process without a figure is 'unknown'. */
export function parseProcesses(text: string): Result<ProcessRow[], string> {
  return strictly(() =>
    rowsOf(text, PROCESS_FIELDS.length, NO_PROCESSES).map(([device = '', pid = '', used = '']) => {
      const bytes = figure(used, MIB)
      return { device, pid: integer(pid), bytes: typeof bytes === 'number' ? bytes : 'unknown' }
    })
  )
}

import { bytesByProcess } from '../process-bytes.ts'
import type { GpuReading } from '../protocol.ts'
import { nvidiaFacts, topologyOf } from '../topology.ts'
import { SMI_TIMEOUT_MS, type SmiRunner } from './run.ts'
import { DEVICE_FIELDS, parseDevices, parseProcesses, PROCESS_FIELDS } from './smi.parse.ts'

/** unavailable: no nvidia-smi, or it says that there is no driver. failed: it hung or printed nonsense. */
export type SmiResult =
  | { readonly kind: 'reading'; readonly reading: GpuReading }
  | { readonly kind: 'unavailable' | 'failed'; readonly why: string }

const FORMAT = '--format=csv,noheader,nounits'

/** Reads NVIDIA GPUs through nvidia-smi: where the library cannot be loaded into this process. */
export async function readSmi(runner: SmiRunner, arch: string): Promise<SmiResult> {
  const deadlineMs = performance.now() + SMI_TIMEOUT_MS
  const gpus = await runner.run([`--query-gpu=${DEVICE_FIELDS.join(',')}`, FORMAT], SMI_TIMEOUT_MS)
  if (!gpus.ok) return { kind: gpus.error.kind === 'hung' ? 'failed' : 'unavailable', why: gpus.error.why }
  const parsed = parseDevices(gpus.value)
  if (!parsed.ok) return { kind: 'failed', why: `nvidia-smi's answer is not understood: ${parsed.error}` }
  const { devices, driverVersion } = parsed.value
  if (devices.length === 0) return { kind: 'unavailable', why: 'nvidia-smi finds no GPU' }

  const left = Math.max(1, deadlineMs - performance.now())
  const apps = await runner.run([`--query-compute-apps=${PROCESS_FIELDS.join(',')}`, FORMAT], left)
  if (!apps.ok) return { kind: 'failed', why: apps.error.why }
  const rows = parseProcesses(apps.value)
  if (!rows.ok) return { kind: 'failed', why: `nvidia-smi's process list is not understood: ${rows.error}` }

  return {
    kind: 'reading',
    reading: {
      source: 'nvidia-smi',
      topology: topologyOf(nvidiaFacts(devices, arch)),
      driverVersion,
      devices,
      processes: bytesByProcess(rows.value),
      note: 'read through nvidia-smi: the desktop’s own graphics memory is not listed'
    }
  }
}

import type { GpuDevice } from '../../../shared/model/gpu.ts'
import type { Reading } from '../../../shared/model/reading.ts'
import type { ProcessRow } from '../process-bytes.ts'
import { NVML_NOT_SUPPORTED, NVML_SUCCESS, SYMBOL_MISSING } from './codes.ts'

/** The figure when the call succeeded, else why there is none. */
export function reading(code: number, value: () => number): Reading {
  if (code === NVML_SUCCESS) return value()
  return code === NVML_NOT_SUPPORTED || code === SYMBOL_MISSING ? 'not-supported' : 'unknown'
}

/** The text before the first NUL. */
export const cString = (buffer: Buffer): string => {
  const end = buffer.indexOf(0)
  return buffer.toString('latin1', 0, end === -1 ? buffer.length : end)
}

const uint64 = (buffer: Buffer, at: number): number => Number(buffer.readBigUInt64LE(at))

/**
 * nvmlMemory_t. SUCCESS with all zeros means the same as NOT_SUPPORTED: no GPU has 0 bytes, and on chips without a
 * framebuffer the driver answers the underlying question with 0.
 */
export function decodeMemory(code: number, buffer: Buffer): GpuDevice['memory'] {
  const total = uint64(buffer, 0)
  const free = uint64(buffer, 8)
  const used = uint64(buffer, 16)
  const empty = code === NVML_SUCCESS && total === 0 && free === 0 && used === 0
  const effective = empty ? NVML_NOT_SUPPORTED : code
  return {
    totalBytes: reading(effective, () => total),
    usedBytes: reading(effective, () => used),
    freeBytes: reading(effective, () => free)
  }
}

// nvml.h, NVML_VALUE_NOT_AVAILABLE: the driver lists the process but not its memory (shown as N/A by nvidia-smi).
const VALUE_NOT_AVAILABLE = 0xffff_ffff_ffff_ffffn

/** `count` rows of nvmlProcessInfo_t, in either of its layouts: pid at 0, bytes at 8. */
export function decodeRows(buffer: Buffer, count: number, rowBytes: number, device: string): ProcessRow[] {
  const rows: ProcessRow[] = []
  for (let row = 0; row < count; row++) {
    const at = row * rowBytes
    const bytes = buffer.readBigUInt64LE(at + 8)
    rows.push({
      device,
      pid: buffer.readUInt32LE(at),
      bytes: bytes === VALUE_NOT_AVAILABLE ? 'unknown' : Number(bytes)
    })
  }
  return rows
}

import type { GpuSnapshot, MemoryTopology } from '../../../shared/model/gpu.ts'
import { isKnown } from '../../../shared/model/reading.ts'
import { bytesText } from './bytes.ts'
import { aboutText } from './duration.ts'

type GpuNews = Pick<GpuSnapshot, 'state' | 'stale' | 'ageMs' | 'devices'>

/** '42 s old' behind a GPU's figure that is old; '' where it is of now. */
export function gpuAge(gpu: Pick<GpuNews, 'stale' | 'ageMs'>): string {
  if (!gpu.stale) return ''
  return isKnown(gpu.ageMs) ? `${aboutText(gpu.ageMs / 1000)} old` : 'old'
}

/** What is wrong with the GPU's figures, in a sentence; null while they are of now or there is no GPU. */
export function gpuTrouble(gpu: GpuNews): string | null {
  const age = isKnown(gpu.ageMs) ? aboutText(gpu.ageMs / 1000) : null
  if (gpu.state === 'stuck') {
    return age === null
      ? 'The GPU driver does not answer.'
      : `The GPU driver has not answered for ${age}; GPU figures are that old.`
  }
  if (!gpu.stale || gpu.devices.length === 0 || age === null) return null
  return `GPU figures are ${age} old.`
}

/** In the place of a GPU's figures where there is no GPU to show. */
export function noGpuWords(state: GpuSnapshot['state']): string {
  switch (state) {
    case 'starting':
      return 'not read yet'
    case 'stuck':
      return 'driver does not answer'
    case 'failed':
      return 'could not be read'
    case 'ok':
      return 'No GPU found'
  }
}

/** CPU and GPU draw from the same memory, so that a holder has two parts of one sum. */
export const sharesMemory = (topology: MemoryTopology): boolean =>
  topology === 'unified' || topology === 'amd-apu'

/**
 * Bytes on the GPU, where 0 can mean two things: nothing there, or a driver that does not tell.
 *
 * @param pids whose bytes these are; the driver may tell of others and not of them.
 */
export function gpuBytesText(
  bytes: number,
  gpu: Pick<GpuSnapshot, 'ageMs' | 'processes'>,
  pids: readonly number[] = []
): string {
  if (bytes > 0) return bytesText(bytes)
  const untold = gpu.processes.some((one) => !isKnown(one.bytes) && pids.includes(one.pid))
  return !isKnown(gpu.ageMs) || untold ? 'not reported' : 'none'
}

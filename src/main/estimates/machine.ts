import { readFile } from 'node:fs/promises'
import type { EstimateMachine } from '../../shared/model/estimate.ts'
import { orZero } from '../../shared/model/reading.ts'
import type { Live } from '../../shared/model/status.ts'

const KIB = 1024

/** The machine as the sampler last saw it. */
export const machineOf = (live: Live): EstimateMachine => ({
  memTotalBytes: live.memTotalBytes,
  memAvailableBytes: live.memAvailableBytes + orZero(live.perCpuFreeBytes),
  topology: live.topology
})

/** The machine's memory without a sampler; null where /proc says nothing. */
export async function readMemory(
  procRoot: string
): Promise<Pick<EstimateMachine, 'memTotalBytes' | 'memAvailableBytes'> | null> {
  const text = await readFile(`${procRoot}/meminfo`, 'utf8').catch(() => '')
  const bytesOf = (name: string): number =>
    Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1]) * KIB
  const [memTotalBytes, memAvailableBytes] = [bytesOf('MemTotal'), bytesOf('MemAvailable')]
  return memTotalBytes > 0 && memAvailableBytes >= 0 ? { memTotalBytes, memAvailableBytes } : null
}

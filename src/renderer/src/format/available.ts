import { isKnown } from '../../../shared/model/reading.ts'
import type { Live } from '../../../shared/model/status.ts'

type Available = Pick<Live, 'memAvailableBytes' | 'perCpuFreeBytes'>

/** What can be taken without pushing anybody out: MemAvailable, which counts cache and slab that the kernel gives back. */
export const availableBytes = ({ memAvailableBytes, perCpuFreeBytes }: Available): number =>
  memAvailableBytes + (isKnown(perCpuFreeBytes) ? perCpuFreeBytes : 0)

/** What of the reserve is taken: by the same figure as the headline, so that the two never disagree. */
export const takenBytes = (live: Available | null, reserveBytes: number): number =>
  live === null ? 0 : Math.max(0, reserveBytes - availableBytes(live))

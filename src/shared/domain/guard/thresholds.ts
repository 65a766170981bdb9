import { clamp } from '../../util/clamp.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3

/**
 * Memory kept clear for the desktop, where warning begins: MemTotal/20 within 512 MiB and 6 GiB.
 *
 * On a 121.7 GiB machine that is 6 GiB: published guards that survived used floors of 4–8 GiB at 1 Hz.
 */
export const reserveBytes = (memTotalBytes: number, set: number | null): number =>
  Math.min(set ?? Math.round(clamp(memTotalBytes / 20, 512 * MIB, 6 * GIB)), memTotalBytes)

/**
 * What falling memory must not pass: MemTotal/60 within 192 MiB and 2 GiB.
 *
 * Healthy big models are reported to rest at 1.5–5 GiB available, so a higher floor would stop them.
 */
export const floorBytes = (memTotalBytes: number, set: number | null): number =>
  Math.min(set ?? Math.round(clamp(memTotalBytes / 60, 192 * MIB, 2 * GIB)), memTotalBytes)

/** The most that a person may set as reserve or floor: with more of it kept clear, hardly any model could be started. */
export const mostThresholdBytes = (memTotalBytes: number): number => Math.floor(memTotalBytes / 2)

/** What is said to who sets more. */
export const aboveMostThreshold = (memTotalBytes: number): string =>
  `Half of this machine’s memory at most: ${Math.floor(mostThresholdBytes(memTotalBytes) / GIB)} GiB.`

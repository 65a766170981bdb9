import type { Pressures } from '../../model/snapshot.ts'

/** A reader needs some seconds to read a warning and decide; 20 s leaves time to stop one model by hand. */
export const WARN_SECONDS_TO_EMPTY = 20
/** Time in which memory at the present fall counts as worth watching. */
export const WATCH_SECONDS_TO_EMPTY = 60
/** Share of the last 10 s in which every task waited for memory; 0 on a healthy machine, even a full one. */
export const STALL_FULL_AVG10_PCT = 5

/** Whether programs wait for memory; false where the kernel does not report it. */
export const isStalled = ({ memory }: Pick<Pressures, 'memory'>): boolean =>
  memory !== 'unknown' && memory.full !== 'unknown' && memory.full.avg10Pct >= STALL_FULL_AVG10_PCT

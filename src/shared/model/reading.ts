/**
 * A number, or the reason why there is none.
 *
 * 'not-supported': the driver or kernel says it has no such figure (GB10: device memory). 'unknown': it could
 * not be read this time. Both are values of their own, never 0, so that nobody adds them up by mistake.
 */
export type Reading = number | 'not-supported' | 'unknown'

export const isKnown = (reading: Reading): reading is number => typeof reading === 'number'

/** For sums only, where an absent figure shows up elsewhere (in the ledger: as unattributed). */
export const orZero = (reading: Reading): number => (typeof reading === 'number' ? reading : 0)

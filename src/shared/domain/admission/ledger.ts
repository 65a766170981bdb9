/** Memory that a launch was promised. */
export interface Reserved {
  readonly bytes: number
  /** Of it, what its processes hold by now: that is no longer in what is available. */
  readonly takenBytes: number
}

/** A runner that may still grow. */
export interface Growing {
  /** What its estimate says it claims only after it is ready. */
  readonly growthBytes: number
  /** Held when it was ready. */
  readonly readyBytes: number
  /** Held now. */
  readonly nowBytes: number
}

/** What is spoken for, in bytes of system memory. */
export interface Claims {
  /** MemAvailable + free pages in per-CPU lists: what others hold is out of it already, at its real size. */
  readonly availableBytes: number
  /** Kept clear for the desktop. */
  readonly reserveBytes: number
  readonly reserved: readonly Reserved[]
  readonly growing: readonly Growing[]
}

/** What a launch may take, and what keeps it from taking more. */
export interface Room {
  readonly allocatableBytes: number
  /** Reserved and not yet taken. */
  readonly reservedBytes: number
  /** What running ones may still claim. */
  readonly growthBytes: number
}

/** A figure that cannot be is none: a promise of less than nothing would be given away twice. */
const atLeastZero = (bytes: number): number => (bytes > 0 ? bytes : 0)

/** Of a reservation only what is not yet taken counts: the rest is missing from what is available. */
export const outstandingBytes = ({ bytes, takenBytes }: Reserved): number =>
  atLeastZero(atLeastZero(bytes) - atLeastZero(takenBytes))

/** What is left of its growth. Memory that it gave back since it was ready was freed on purpose: others may have it. */
export const claimableBytes = ({ growthBytes, readyBytes, nowBytes }: Growing): number =>
  atLeastZero(atLeastZero(growthBytes) - atLeastZero(nowBytes - readyBytes))

/** available − reserve − reserved and not yet taken − growth, never below zero. */
export function roomFor({ availableBytes, reserveBytes, reserved, growing }: Claims): Room {
  const reservedBytes = reserved.reduce((sum, one) => sum + outstandingBytes(one), 0)
  const growthBytes = growing.reduce((sum, one) => sum + claimableBytes(one), 0)
  return {
    allocatableBytes: atLeastZero(availableBytes - atLeastZero(reserveBytes) - reservedBytes - growthBytes),
    reservedBytes,
    growthBytes
  }
}

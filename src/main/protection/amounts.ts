const MIB = 1024 ** 2
const GIB = 1024 ** 3
/** A reserve set very high must not take from the models what the desktop never uses. */
const MOST_OF_TOTAL = 1 / 4
/** Never reclaimed, whatever happens: gnome-shell, the display server and a browser's visible part, not more. */
const MOST_MIN_BYTES = 2 * GIB

export interface ProtectionAmounts {
  readonly lowBytes: number
  readonly minBytes: number
}

/**
 * What the kernel is to keep for the desktop: MemoryLow = the guard's reserve, at most a quarter of memory; MemoryMin =
 * half of it, at most 2 GiB. Whole MiB, which every page size divides.
 *
 * Low is taken after unprotected memory, on kernels with multi-generation LRU hardly later; min is never taken, so that
 * too much of it would turn shortage into a kill. Both are ceilings: what the desktop does not use stays free for all.
 */
export function protectionAmounts(reserveBytes: number, memTotalBytes: number): ProtectionAmounts {
  const lowBytes = wholeMib(Math.min(reserveBytes, memTotalBytes * MOST_OF_TOTAL))
  return { lowBytes, minBytes: wholeMib(Math.min(lowBytes / 2, MOST_MIN_BYTES)) }
}

const wholeMib = (bytes: number): number => Math.max(Math.floor(bytes / MIB), 1) * MIB

import koffi from 'koffi'

// linux/prctl.h, PR_SET_PDEATHSIG; SIGKILL, as a process inside a driver call runs no handler.
const PR_SET_PDEATHSIG = 1
const SIGKILL = 9

/**
 * Lets the kernel end this process when its parent ends.
 *
 * Closing stdin says the same, but is noticed only between calls into the driver, which may block for minutes.
 * Best effort: where it cannot be set, stdin remains.
 */
export function dieWithParent(): void {
  try {
    const prctl = koffi.load(null).func('int prctl(int option, ulong a, ulong b, ulong c, ulong d)')
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
  } catch {
    // Not glibc or not Linux.
  }
}

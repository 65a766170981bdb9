import koffi from 'koffi'

// linux/prctl.h, signal.h, time.h, asm-generic/siginfo.h.
const PR_SET_PDEATHSIG = 1
const SIGKILL = 9
const CLOCK_MONOTONIC = 1
const SIGEV_SIGNAL = 0
/** struct sigevent: 8 bytes of value, signal number, kind of notice, the rest unused. */
const SIGEVENT_BYTES = 64
const SIGEVENT_SIGNAL_AT = 8
const SIGEVENT_NOTIFY_AT = 12
/** struct itimerspec: interval and value, each seconds and nanoseconds of 8 bytes. */
const ITIMERSPEC_BYTES = 32
const ITIMERSPEC_VALUE_AT = 16

/**
 * Has the kernel send SIGKILL to this process when its parent ends, and when `afterS` have passed.
 *
 * The drill's process is frozen on purpose, and a frozen process runs no timer and reads no pipe: only the kernel
 * can end it then. Best effort; who started it kills it too. False where it could not be set.
 */
export function endByKernel(afterS: number): boolean {
  try {
    const libc = koffi.load(null)
    const prctl = libc.func('int prctl(int option, ulong a, ulong b, ulong c, ulong d)')
    const timerCreate = libc.func('int timer_create(int clock, void *event, void *timer)')
    const timerSettime = libc.func('int timer_settime(void *timer, int flags, void *value, void *old)')
    const withParent = prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) === 0
    const event = Buffer.alloc(SIGEVENT_BYTES)
    event.writeInt32LE(SIGKILL, SIGEVENT_SIGNAL_AT)
    event.writeInt32LE(SIGEV_SIGNAL, SIGEVENT_NOTIFY_AT)
    const timer = Buffer.alloc(8)
    if (timerCreate(CLOCK_MONOTONIC, event, timer) !== 0) return false
    const value = Buffer.alloc(ITIMERSPEC_BYTES)
    value.writeBigInt64LE(BigInt(afterS), ITIMERSPEC_VALUE_AT)
    return timerSettime(timer.readBigUInt64LE(), 0, value, null) === 0 && withParent
  } catch {
    // Not glibc or not Linux.
    return false
  }
}

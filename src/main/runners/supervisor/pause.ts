/** Resolves after `delayMs`, or at once with false when `signal` is aborted: then the caller gives up. */
export function pause(delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((settle) => {
    const finish = (whole: boolean): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      settle(whole)
    }
    const abort = (): void => finish(false)
    const timer = setTimeout(finish, delayMs, true)
    signal.addEventListener('abort', abort)
  })
}

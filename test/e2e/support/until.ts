import { setImmediate as nextTurn } from 'node:timers/promises'

/** Long enough for a cold Chromium on a busy two-core machine, short enough to fail within a test's limit. */
export const STATE_DEADLINE_MS = 30_000

/** Waits for a state, not for a time; says what it waited for when the deadline passes. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  deadlineMs = STATE_DEADLINE_MS
): Promise<T> {
  const end = performance.now() + deadlineMs
  for (;;) {
    const seen = await look()
    if (seen !== null && seen !== undefined && seen !== false) return seen
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms in vain for: ${what}`)
    await pause()
  }
}

/** Between two looks: a few turns of the loop and a breath for the other processes on the machine. */
async function pause(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, 20)
  await promise
  clearTimeout(timer)
  await nextTurn()
}

import type { Clock, Logger } from './ports.ts'

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now()
}

/**
 * A terminal or a `tee` that went away must not take the core with it: writing to a closed pipe is an 'error' event,
 * and one that nobody handles ends the process.
 */
export function surviveClosedStreams(): void {
  process.stdout.on('error', () => undefined)
  process.stderr.on('error', () => undefined)
}

/** Lines on stderr, so that a command's stdout stays its answer. */
export function stderrLogger(level: 'info' | 'warn'): Logger {
  const write = (tag: string, message: string): void => {
    process.stderr.write(`firebreak: ${tag}${message}\n`)
  }
  return {
    info: (message) => {
      if (level === 'info') write('', message)
    },
    warn: (message) => write('warning: ', message),
    error: (message, cause) => write('error: ', cause === undefined ? message : `${message}: ${words(cause)}`)
  }
}

const words = (cause: unknown): string =>
  cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)

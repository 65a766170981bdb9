/** How a process ended, as the kernel reports it. */
export interface ExitStatus {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** 'ended with code 1', 'was killed (SIGKILL) from outside; …': never a guess at out-of-memory from a number. */
export function exitInWords({ code, signal }: ExitStatus, startedBy = 'an earlier Firebreak'): string {
  if (signal === 'SIGKILL') {
    return "was killed (SIGKILL) from outside; the kernel's out-of-memory killer does that, but so does anyone"
  }
  if (signal === 'SIGTERM' || signal === 'SIGINT' || signal === 'SIGHUP') {
    return `was ended (${signal}) from outside`
  }
  if (signal !== null) return `crashed (${signal})`
  if (code === null) {
    return (
      `ended; how is not known, because ${startedBy} had started it. It is not started again by itself, ` +
      'for it may have been ended on purpose or for want of memory'
    )
  }
  if (code === 0) return 'ended by itself with code 0'
  return `ended with code ${code}`
}

const DELIBERATE: ReadonlySet<NodeJS.Signals> = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'])

/** A crash may be tried again; an end that somebody wished (or the kernel had a reason for) may not. */
export function isCrash({ code, signal }: ExitStatus): boolean {
  if (signal !== null) return !DELIBERATE.has(signal)
  return code !== null && code !== 0
}

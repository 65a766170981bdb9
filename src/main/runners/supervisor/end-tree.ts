import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import type { Clock } from '../../platform/ports.ts'
import { identityKey } from './identity.ts'
import { pause } from './pause.ts'

/** Between two looks at the process table while ending: a look costs some ms with 500 processes. */
const LOOK_INTERVAL_MS = 100
/** After SIGKILL a process goes at once, unless it hangs in the kernel (driver teardown of a large model takes s). */
const KILL_DEADLINE_MS = 15_000

export interface EndOptions {
  /** A fresh look: who belongs to the runner now. `thorough` also searches for what left the tree. */
  readonly look: (thorough: boolean) => readonly ProcessInfo[]
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number
  readonly clock: Clock
  readonly kill: (pid: number, signal: NodeJS.Signals) => void
  readonly abort: AbortSignal
}

export interface EndReport {
  /** Who is still there; empty when all are gone. */
  readonly left: readonly ProcessInfo[]
  readonly killed: boolean
  /** False when it was given up because Firebreak ends. */
  readonly finished: boolean
}

/**
 * SIGTERM to the whole tree, SIGKILL to what is left after the grace, until nothing is. Each signal follows a fresh
 * look that matched pid and start time, so that a reused pid is never hit.
 */
export async function endTree(options: EndOptions): Promise<EndReport> {
  const { look, graceMs, clock, kill, abort } = options
  const began = clock.monotonicMs()
  const asked = new Set<string>()
  let killed = false
  let thorough = true
  for (;;) {
    const members = look(thorough)
    // Believe 'nobody is left' only after a thorough look.
    if (members.length === 0 && thorough) return { left: [], killed, finished: true }
    thorough = members.length === 0
    const elapsedMs = clock.monotonicMs() - began
    for (const member of members) {
      const key = identityKey(member)
      if (elapsedMs >= graceMs) {
        killed = true
        send(kill, member.pid, 'SIGKILL')
      } else if (!asked.has(key)) {
        asked.add(key)
        send(kill, member.pid, 'SIGTERM')
        // A stopped process cannot act on SIGTERM before it goes on.
        if (member.state === 'T') send(kill, member.pid, 'SIGCONT')
      }
    }
    if (elapsedMs >= graceMs + KILL_DEADLINE_MS) return { left: members, killed, finished: true }
    if (members.length > 0 && !(await pause(LOOK_INTERVAL_MS, abort))) {
      return { left: members, killed, finished: false }
    }
  }
}

function send(kill: EndOptions['kill'], pid: number, signal: NodeJS.Signals): void {
  try {
    kill(pid, signal)
  } catch {
    // gone already, or not ours to end: the next look tells
  }
}

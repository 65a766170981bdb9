import type { LeftBehind, RunnerBytes, StopResult } from '../../../shared/model/runner.ts'
import { bytesInWords, bytesOfBytes } from '../../../shared/util/bytes-in-words.ts'
import type { Clock } from '../../platform/ports.ts'
import { pause } from './pause.ts'
import type { MachineView } from './types.ts'

/** Of the runner's own bytes; the rest is noise of other programs. As 'memory is back' is defined in the docs. */
export const BACK_SHARE = 0.9
/** After this the shortfall is named instead of waited for. Freed pages were seen to come back within seconds. */
export const BACK_DEADLINE_MS = 30_000
const LOOK_INTERVAL_MS = 100

/** What ending a runner must give back: GPU + RssAnon + RssShmem; file pages are the cache's, not the runner's. */
export const expectedBytes = (bytes: RunnerBytes): number => bytes.gpuBytes + bytes.hostBytes

export interface Back {
  readonly bytesReturned: number
  readonly memoryIsBack: boolean
}

/** Waits until available memory has risen enough since `beforeBytes`, or the deadline. */
export async function waitForMemory(options: {
  readonly machine: Pick<MachineView, 'availableBytes'>
  readonly clock: Clock
  readonly beforeBytes: number
  readonly expectedBytes: number
  readonly abort: AbortSignal
}): Promise<Back> {
  const { machine, clock, beforeBytes, expectedBytes, abort } = options
  // Nothing is proven by a difference to a reading that failed.
  if (beforeBytes <= 0) return { bytesReturned: 0, memoryIsBack: false }
  const deadline = clock.monotonicMs() + BACK_DEADLINE_MS
  for (;;) {
    const bytesReturned = Math.max(0, machine.availableBytes() - beforeBytes)
    if (bytesReturned >= expectedBytes * BACK_SHARE) return { bytesReturned, memoryIsBack: true }
    const timeIsUp = clock.monotonicMs() >= deadline
    if (timeIsUp || !(await pause(LOOK_INTERVAL_MS, abort))) return { bytesReturned, memoryIsBack: false }
  }
}

/** The result of a stop with its sentence. */
export function describeStop(outcome: Omit<StopResult, 'text'> & { readonly label: string }): StopResult {
  const { label, ...result } = outcome
  return { ...result, text: sentence(label, result) }
}

function sentence(label: string, result: Omit<StopResult, 'text'>): string {
  const { bytesReturned, bytesExpected, left } = result
  const seconds = result.seconds < 10 ? result.seconds.toFixed(1) : result.seconds.toFixed(0)
  if (left.length > 0) {
    return `Could not stop ${label}: ${left.map(inWords).join(', ')} did not end, even after SIGKILL.`
  }
  if (!result.memoryIsBack) {
    const share = bytesOfBytes(bytesReturned, bytesExpected)
    return (
      `Stopped ${label}, but only ${share} came back in ${seconds} s: no process of it is left, so the driver ` +
      'still holds the rest, or another program took it meanwhile.'
    )
  }
  if (bytesExpected === 0) return `Stopped ${label}. It held no memory of its own.`
  return `Stopped ${label}. ${bytesInWords(bytesReturned)} came back in ${seconds} s.`
}

const inWords = (item: LeftBehind): string => `${item.name} (pid ${item.pid}, ${bytesInWords(item.bytes)})`

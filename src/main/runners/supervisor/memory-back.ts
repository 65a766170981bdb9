import type { LeftBehind, RunnerBytes, StopResult } from '../../../shared/model/runner.ts'
import { bytesInWords, bytesOfBytes } from '../../../shared/util/bytes-in-words.ts'
import type { Clock } from '../../platform/ports.ts'
import { pause } from './pause.ts'
import type { MachineView } from './types.ts'

/** Of the runner's own bytes; the rest is noise of other programs. As 'memory is back' is defined in the docs. */
export const BACK_SHARE = 0.9
/** After this the shortfall is named instead of waited for. Freed pages were seen to come back within seconds. */
export const BACK_DEADLINE_MS = 30_000
/** A container that had ended was seen to hold its memory for more than three minutes. */
export const CONTAINER_BACK_DEADLINE_MS = 300_000
/**
 * What a machine at work takes and gives in seconds: a shortfall below it cannot be told from other programs. It
 * is a tenth of 320 MiB, so that a runner of that size or larger is held to BACK_SHARE alone.
 */
export const NOISE_BYTES = 32 * 1024 * 1024
/** Before a small shortfall is taken for noise; freed pages are in MemAvailable or the per-CPU lists at once. */
export const NOISE_AFTER_MS = 2_000
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
  readonly deadlineMs?: number
}): Promise<Back> {
  const { machine, clock, beforeBytes, expectedBytes, abort, deadlineMs = BACK_DEADLINE_MS } = options
  // Nothing is proven by a difference to a reading that failed.
  if (beforeBytes <= 0) return { bytesReturned: 0, memoryIsBack: false }
  const began = clock.monotonicMs()
  for (;;) {
    const bytesReturned = Math.max(0, machine.availableBytes() - beforeBytes)
    const elapsedMs = clock.monotonicMs() - began
    const onlyNoise = elapsedMs >= NOISE_AFTER_MS && expectedBytes - bytesReturned <= NOISE_BYTES
    if (onlyNoise || bytesReturned >= expectedBytes * BACK_SHARE) return { bytesReturned, memoryIsBack: true }
    const timeIsUp = elapsedMs >= deadlineMs
    if (timeIsUp || !(await pause(LOOK_INTERVAL_MS, abort))) return { bytesReturned, memoryIsBack: false }
  }
}

/** fresh: asked just before. earlier: only an old figure is known, a lower bound. never: nothing is known. */
export type GpuReport = 'fresh' | 'earlier' | 'never'

/** The result of a stop with its sentence. Without any figure of the driver nobody may say that all is back. */
export function describeStop(
  outcome: Omit<StopResult, 'text'> & { readonly label: string; readonly gpuReport?: GpuReport }
): StopResult {
  const { label, gpuReport = 'fresh', ...measured } = outcome
  const result = { ...measured, memoryIsBack: measured.memoryIsBack && gpuReport !== 'never' }
  if (measured.memoryIsBack && gpuReport === 'never') {
    const text =
      `Stopped ${label}: its processes are gone and ${bytesInWords(measured.bytesReturned)} came back, but the GPU ` +
      'driver did not report its GPU memory, so its return cannot be proven.'
    return { ...result, text }
  }
  const doubt =
    gpuReport === 'fresh'
      ? ''
      : gpuReport === 'earlier'
        ? ' The GPU driver did not answer at the end; the GPU memory it had reported before was counted.'
        : ' The GPU driver did not report its GPU memory, so that is not in these figures.'
  return { ...result, text: `${sentence(label, result)}${doubt}` }
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
  if (bytesReturned < bytesExpected * BACK_SHARE) {
    return `Stopped ${label}. Its ${bytesInWords(bytesExpected)} are too little to be told from what other programs take.`
  }
  if (bytesExpected === 0) return `Stopped ${label}. It held no memory of its own.`
  return `Stopped ${label}. ${bytesInWords(bytesReturned)} came back in ${seconds} s.`
}

const inWords = (item: LeftBehind): string => `${item.name} (pid ${item.pid}, ${bytesInWords(item.bytes)})`

import { NO_GPU_YET, type GpuSnapshot } from '../../shared/model/gpu.ts'
import { assertNever } from '../../shared/util/assert-never.ts'
import type { GpuReading } from './protocol.ts'

/** Times that bound the probe; tests use small ones. All in ms. */
export interface ProbeDeadlines {
  readonly calmIntervalMs: number
  readonly fastIntervalMs: number
  readonly answerMs: number
  readonly killMs: number
  readonly firstBackoffMs: number
  readonly maxBackoffMs: number
}

/**
 * Calm 2 s: a full reading costs under 1 ms on a driver that is well, and GPU figures move slower than memory does.
 * Fast 0.5 s while a model loads. Answer 3 s: a hundred times a slow answer of a driver that is well. Kill 10 s:
 * past nvidia-smi's own 5 s deadline, and wedges last minutes, so patience gains nothing. Backoff 1 s to 60 s: a
 * start of Node costs 0.1 s of CPU, so at most 10 % and soon 0.2 % of a core on a machine that is in trouble.
 */
export const PROBE_DEADLINES: ProbeDeadlines = {
  calmIntervalMs: 2_000,
  fastIntervalMs: 500,
  answerMs: 3_000,
  killMs: 10_000,
  firstBackoffMs: 1_000,
  maxBackoffMs: 60_000
}

/** Deaths in a row without an answer between them, after which the probe counts as unable to run. */
const FAILED_AFTER_DEATHS = 2

/** What the client knows about its probe; times are monotonic. */
export interface ProbeState {
  readonly last: { readonly reading: GpuReading; readonly atMs: number } | null
  /** When the first of the questions was asked that have had no answer since; null when the last one had. */
  readonly unansweredSinceMs: number | null
  /** What the last reply said instead of a reading; null when it was a reading. */
  readonly replyError: string | null
  /** Ends of the process that nobody asked for, since the last answer. */
  readonly deaths: number
  /** Why the process ended last, since the last answer. */
  readonly endedBecause: string | null
  /** Killed and not gone yet: the driver holds it. */
  readonly dyingPid: number | null
}

/** When the next process may start, after `restarts` starts in a row that brought no answer. */
export const backoffMs = (restarts: number, deadlines: ProbeDeadlines): number =>
  Math.min(deadlines.maxBackoffMs, deadlines.firstBackoffMs * 2 ** restarts)

const seconds = (ms: number): number => Math.round(ms / 1000)

/** The snapshot at this moment: state, age and note follow from what is known and from the time alone. */
export function snapshotAt(state: ProbeState, nowMs: number, deadlines: ProbeDeadlines): GpuSnapshot {
  const { last } = state
  const ageMs = last === null ? 'unknown' : nowMs - last.atMs
  const condition = conditionOf(state, nowMs, deadlines)
  const tooOld = ageMs === 'unknown' || ageMs > deadlines.calmIntervalMs + deadlines.answerMs
  const reading = last?.reading ?? NO_GPU_YET
  return {
    source: reading.source,
    topology: reading.topology,
    driverVersion: reading.driverVersion,
    devices: reading.devices,
    processes: reading.processes,
    state: condition,
    ageMs,
    stale: condition !== 'ok' || tooOld,
    note: noteOf(condition, state, nowMs)
  }
}

function conditionOf(state: ProbeState, nowMs: number, deadlines: ProbeDeadlines): GpuSnapshot['state'] {
  const deathsAllowed = state.last === null ? 1 : FAILED_AFTER_DEATHS
  if (state.deaths >= deathsAllowed) return 'failed'
  if (state.unansweredSinceMs !== null && nowMs - state.unansweredSinceMs >= deadlines.answerMs)
    return 'stuck'
  if (state.replyError !== null) return 'failed'
  return state.last === null ? 'starting' : 'ok'
}

function noteOf(condition: GpuSnapshot['state'], state: ProbeState, nowMs: number): string | null {
  const { last, unansweredSinceMs, replyError, endedBecause, dyingPid } = state
  const old =
    last === null ? 'There are no GPU figures yet.' : `The figures are ${seconds(nowMs - last.atMs)} s old.`
  switch (condition) {
    case 'starting':
      return NO_GPU_YET.note
    case 'stuck': {
      const silent = `The GPU driver has not answered for ${seconds(nowMs - (unansweredSinceMs ?? nowMs))} s. ${old}`
      return dyingPid === null
        ? silent
        : `${silent} The driver holds the probe (pid ${dyingPid}); a new one starts when it lets go.`
    }
    case 'failed':
      return endedBecause === null
        ? `The GPU could not be read: ${replyError ?? 'no reason given'}. ${old}`
        : `The GPU probe cannot run: ${endedBecause}. ${old} It is tried again.`
    case 'ok':
      return endedBecause === null
        ? (last?.reading.note ?? null)
        : `The GPU probe is being restarted: ${endedBecause}.`
    default:
      return assertNever(condition)
  }
}

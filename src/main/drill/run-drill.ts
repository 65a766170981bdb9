import { setTimeout as delay } from 'node:timers/promises'
import type { ContractError } from '../../shared/contract/errors.ts'
import type { DrillReport, GuardEvent } from '../../shared/model/guard.ts'
import { isKnown, type Reading } from '../../shared/model/reading.ts'
import { disposeAll, type Disposable } from '../../shared/util/disposable.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import type { ExtraWatch, Guard } from '../guard/types.ts'
import type { Clock, Places } from '../platform/ports.ts'
import { drillThresholds, expectedBytes, type DrillPace, type DrillThresholds } from './bounds.ts'
import { startEater, type Eater } from './eater-process.ts'
import { drillText } from './report-text.ts'
import { DRILL_WATCH, EMPTY_TIMELINE, hasPassed, isOver, withEvent, type Timeline } from './timeline.ts'

export const DRILL_LABEL = 'Fire drill'

/** A Node starts in a fraction of a second; a loaded machine takes longer. */
const READY_DEADLINE_MS = 10_000
/** A sentinel that has to be started first is a Node too. */
const ARM_DEADLINE_MS = 15_000
/** Taking, answering, stopping and the proof take 15 s together. */
const DRILL_DEADLINE_MS = 60_000
/** At its bound and not frozen: the guard acts within a fraction of this, or not at all. */
const IDLE_AT_BOUND_MS = 5_000
/** Between two points of the curve; DRILL_DEADLINE_MS of them are the report's 600. */
const LOOK_MS = 100
const WAIT_LOOK_MS = 25
const CURVE_POINTS = 600
/** Of the report: it travels with the guard's view, and a small graph shows no more. */
const REPORT_POINTS = 200
/** How long a frozen runner waits for an answer in a drill, where nobody is asked. */
const ANSWER_MS = 3_000
/** The drill's process does nothing but take memory: it stops growing with the signal. */
const STOP_LATENCY_MS = 100
const GRACE_MS = 1_000
/** Readings whose middle is the drill's zero, so that one dip of another program does not shift it. */
const REST_READINGS = 9
/** SIGKILL ends a process that holds 1 GiB within a few hundred ms. */
const END_DEADLINE_MS = 5_000

export interface DrillParts {
  readonly places: Pick<Places, 'nodePath' | 'entryDir' | 'procRoot'>
  readonly clock: Clock
  readonly guard: Pick<Guard, 'sentinel' | 'watch' | 'onEvent'>
  /** MemAvailable + free pages in per-CPU lists, read now; 0: cannot be read. */
  readonly availableBytes: () => number
  readonly pace: DrillPace
  readonly signal: AbortSignal
  readonly onEater: (eater: Eater | null) => void
}

/** One drill from its first process to its report. Whatever happens, the process it started is ended. */
export async function runDrill(parts: DrillParts): Promise<Result<DrillReport, ContractError>> {
  let eater: Eater
  try {
    eater = startEater(parts.places, parts.pace)
  } catch (error) {
    return err(notStarted(error instanceof Error ? error.message : String(error)))
  }
  parts.onEater(eater)
  const opened: Disposable[] = []
  try {
    return await drillWith(eater, parts, opened)
  } finally {
    disposeAll(opened)
    eater.kill()
    await waitFor(() => eater.ended !== null, END_DEADLINE_MS, new AbortController().signal)
    parts.onEater(null)
  }
}

async function drillWith(
  eater: Eater,
  parts: DrillParts,
  opened: Disposable[]
): Promise<Result<DrillReport, ContractError>> {
  const { guard, clock, pace, signal } = parts
  await waitFor(() => eater.ready || eater.ended !== null, READY_DEADLINE_MS, signal)
  const startTicks = eater.startTicks()
  if (signal.aborted) return err(ENDING)
  if (!eater.ready || startTicks === null) return err(notStarted(eater.ended ?? 'it did not answer'))

  const restBytes = await restingBytes(parts)
  const thresholds = drillThresholds(restBytes, pace.boundBytes)
  const id = `drill-${Math.round(clock.nowMs())}`
  // From before the arming on: a warning that other programs cause while the drill's own fall has not begun counts.
  const events: GuardEvent[] = []
  opened.push(guard.onEvent((event) => events.push(event)))
  const watch = guard.watch({
    id: DRILL_WATCH,
    policy: {
      mode: 'balanced',
      ...thresholds,
      restsAtBytes: 'unknown',
      answerMs: ANSWER_MS
    },
    victims: [
      {
        id,
        label: DRILL_LABEL,
        bytes: expectedBytes(pace.boundBytes),
        stopLatencyMs: STOP_LATENCY_MS,
        graceMs: GRACE_MS,
        shrinkableBytes: 0,
        processes: [{ pid: eater.pid, startTicks }],
        groupLeaders: [{ pid: eater.pid, startTicks }],
        cgroupDir: null
      }
    ]
  })
  opened.push(watch)
  if (!(await armed(watch, parts))) return err(signal.aborted ? ENDING : notGuarded(guard))
  const report = await observe({ id, eater, parts, thresholds, events })
  return signal.aborted ? err(ENDING) : ok(report)
}

/** Lets the process take memory, and watches what the guard does about it. */
async function observe(drill: {
  readonly id: string
  readonly eater: Eater
  readonly parts: DrillParts
  readonly thresholds: DrillThresholds
  /** Grows as they come; taken from its front. */
  readonly events: GuardEvent[]
}): Promise<DrillReport> {
  const { id, eater, parts, thresholds, events } = drill
  const { guard, clock, pace, signal } = parts
  const atMs = Math.round(clock.nowMs())
  const startMs = clock.monotonicMs()
  const elapsedS = (): number => (clock.monotonicMs() - startMs) / 1000
  let line: Timeline = EMPTY_TIMELINE
  const takeEvents = (): Timeline => {
    for (const event of events.splice(0)) {
      // The sentinel's own time, unless the wall clock was set meanwhile: it cannot be later than now.
      const atS = Math.min(Math.max(0, (event.atMs - atMs) / 1000), elapsedS())
      line = withEvent(line, event, id, atS)
    }
    return line
  }
  eater.go()
  const curve: { atS: number; availableBytes: number }[] = []
  let fullSinceS: number | null = null
  for (;;) {
    const atS = elapsedS()
    const availableBytes = parts.availableBytes()
    if (availableBytes > 0 && curve.length < CURVE_POINTS) curve.push({ atS, availableBytes })
    if (eater.full) fullSinceS ??= atS
    takeEvents()
    const idle = fullSinceS !== null && line.frozenAtS === null && atS - fullSinceS > IDLE_AT_BOUND_MS / 1000
    if (isOver(line) || idle || signal.aborted || atS * 1000 > DRILL_DEADLINE_MS) break
    if (eater.ended !== null && line.stoppedAtS === null && (await endsUnseen(takeEvents, parts))) break
    await delay(LOOK_MS)
  }
  const { rights, memoryLocked, priorityRaised } = guard.sentinel()
  // Other programs may give memory back at the same moment; what they give is no proof.
  line = { ...line, returnedBytes: atMost(line.returnedBytes, eater.takenBytes) }
  const lowest = curve.reduce(
    (least, point) => Math.min(least, point.availableBytes),
    Number.POSITIVE_INFINITY
  )
  return {
    id,
    atMs,
    passed: hasPassed(line),
    text: drillText(line, {
      takenBytes: eater.takenBytes,
      endedBy: eater.ended,
      aboveFloorBytes: lowest - thresholds.floorBytes,
      seconds: elapsedS()
    }),
    boundBytes: pace.boundBytes,
    stepBytes: pace.stepBytes,
    warnedAtS: line.warnedAtS,
    frozenAtS: line.frozenAtS,
    stoppedAtS: line.stoppedAtS,
    memoryBackAtS: line.memoryBackAtS,
    takenBytes: eater.takenBytes,
    returnedBytes: line.returnedBytes,
    sentinel: { rights, memoryLocked, priorityRaised },
    curve: thinned(curve, lowest),
    thresholds
  }
}

const atMost = (reading: Reading, most: number): Reading =>
  isKnown(reading) ? Math.min(reading, most) : reading

/** The process is gone: true unless the guard's event, which may be on its way, says that it was the guard. */
async function endsUnseen(line: () => Timeline, { signal }: DrillParts): Promise<boolean> {
  await waitFor(() => line().stoppedAtS !== null, 1_000, signal)
  return line().stoppedAtS === null
}

/** The sentinel has the watch and is at rest with it. */
async function armed(watch: ExtraWatch, { guard, signal }: DrillParts): Promise<boolean> {
  await waitFor(
    () => watch.status() !== null && guard.sentinel().state === 'guarding',
    ARM_DEADLINE_MS,
    signal
  )
  return !signal.aborted && watch.status() !== null && guard.sentinel().state === 'guarding'
}

async function restingBytes({ availableBytes }: DrillParts): Promise<number> {
  const seen: number[] = []
  for (let at = 0; at < REST_READINGS; at += 1) {
    seen.push(availableBytes())
    await delay(LOOK_MS)
  }
  return seen.sort((a, b) => a - b)[Math.floor(REST_READINGS / 2)] ?? 0
}

async function waitFor(look: () => boolean, deadlineMs: number, signal: AbortSignal): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!look() && performance.now() < end && !signal.aborted) await delay(WAIT_LOOK_MS)
}

const ENDING: ContractError = { code: 'refused', message: 'Firebreak is ending; the drill was broken off.' }

const notStarted = (why: string): ContractError => ({
  code: 'runner-failed',
  message: `The drill's process did not start: ${why}.`,
  detail: 'Run it again; if it fails again, install Firebreak anew.'
})

function notGuarded(guard: DrillParts['guard']): ContractError {
  const { state, notes } = guard.sentinel()
  return {
    code: 'refused',
    message: `There is nothing to drill: the sentinel, the process that acts, is not ready (${state}).`,
    detail: [...notes, 'Restart Firebreak; the log of the sentinel is in its data folder.'].join(' ')
  }
}

/** Evenly fewer points, but always the lowest: it is what the drill was about. */
function thinned(curve: DrillReport['curve'], lowest: number): DrillReport['curve'] {
  const step = Math.ceil(curve.length / (REPORT_POINTS - 1))
  const lowestAt = curve.findIndex(({ availableBytes }) => availableBytes === lowest)
  return curve.filter((_, at) => at % step === 0 || at === lowestAt)
}

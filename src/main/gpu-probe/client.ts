import type { GpuSnapshot } from '../../shared/model/gpu.ts'
import type { Disposable } from '../../shared/util/disposable.ts'
import type { Clock, Logger } from '../platform/ports.ts'
import { startProbeProcess, type ProbeProcess } from './probe-process.ts'
import type { ProbeRequest } from './protocol.ts'
import { parseReply } from './reading.parse.ts'
import { backoffMs, PROBE_DEADLINES, snapshotAt, type ProbeDeadlines, type ProbeState } from './state.ts'

export interface GpuProbeOptions {
  readonly nodePath: string
  readonly entryPath: string
  /** The probe's whole environment; FIREBREAK_NVML and FIREBREAK_PROC_ROOT in it move its places. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly logger: Logger
  /** After each answer, with the snapshot as it then is. */
  readonly onReading?: (snapshot: GpuSnapshot) => void
  /** '/sys' unless given. */
  readonly sysRoot?: string
  readonly deadlines?: ProbeDeadlines
}

/** The core's end of the GPU probe. Nothing here waits for the GPU: `latest` is what was last heard, with its age. */
export interface GpuProbe extends Disposable {
  latest(): GpuSnapshot
  /** Asks for a reading out of turn; nothing happens while one is under way or no process runs. */
  requestReading(): void
  /** Twice a second instead of every 2 s: while a model loads. */
  setFast(fast: boolean): void
  /** The running process; null between two. */
  readonly pid: number | null
  /** Lines that were no reply. */
  readonly malformedLines: number
}

// running: may be asked. waiting: one question out. dying: killed and not gone yet. gone: none, the next one is timed.
type Phase =
  | { readonly kind: 'running' | 'dying'; readonly process: ProbeProcess }
  | { readonly kind: 'waiting'; readonly process: ProbeProcess; readonly read: number }
  | { readonly kind: 'gone' }

const FRESH: ProbeState = {
  last: null,
  unansweredSinceMs: null,
  replyError: null,
  deaths: 0,
  endedBecause: null,
  dyingPid: null
}

/**
 * Starts the probe's process and keeps it: asks in an interval, one question at a time; kills it when it is stuck;
 * starts the next one after a growing pause, never while the old one still exists.
 */
export function createGpuProbe(options: GpuProbeOptions): GpuProbe {
  const { clock, logger } = options
  const deadlines = options.deadlines ?? PROBE_DEADLINES
  let state = FRESH
  let phase: Phase = { kind: 'gone' }
  let reads = 0
  let restarts = 0
  let malformedLines = 0
  let fast = false
  let disposed = false
  let nextAsk: NodeJS.Timeout | undefined
  let killAt: NodeJS.Timeout | undefined
  let nextStart: NodeJS.Timeout | undefined

  const latest = (): GpuSnapshot => snapshotAt(state, clock.monotonicMs(), deadlines)

  const ask = (): void => {
    if (phase.kind !== 'running') return
    const request: ProbeRequest = { read: ++reads }
    phase = { kind: 'waiting', process: phase.process, read: request.read }
    state = { ...state, unansweredSinceMs: state.unansweredSinceMs ?? clock.monotonicMs() }
    killAt = setTimeout(killStuck, deadlines.killMs)
    phase.process.send(JSON.stringify(request))
  }

  const askInTurn = (): void => {
    clearTimeout(nextAsk)
    nextAsk = setTimeout(askInTurn, fast ? deadlines.fastIntervalMs : deadlines.calmIntervalMs)
    ask()
  }

  const killStuck = (): void => {
    if (phase.kind !== 'waiting') return
    const { process } = phase
    phase = { kind: 'dying', process }
    state = { ...state, dyingPid: process.pid }
    logger.warn(`the GPU probe (pid ${process.pid}) has not answered for ${deadlines.killMs} ms; ending it`)
    process.kill()
  }

  const onLine = (line: string): void => {
    const reply = parseReply(line)
    if (reply === null || phase.kind !== 'waiting' || reply.read !== phase.read) {
      malformedLines++
      return
    }
    clearTimeout(killAt)
    if (restarts > 0) logger.info('the GPU probe answers again')
    restarts = 0
    phase = { kind: 'running', process: phase.process }
    state =
      'reading' in reply
        ? { ...FRESH, last: { reading: reply.reading, atMs: clock.monotonicMs() } }
        : { ...FRESH, last: state.last, replyError: reply.error }
    options.onReading?.(latest())
  }

  const onEnd = (why: string): void => {
    clearTimeout(killAt)
    const intended = phase.kind === 'dying'
    phase = { kind: 'gone' }
    state = { ...state, dyingPid: null }
    if (!intended) state = { ...state, deaths: state.deaths + 1, endedBecause: why }
    const pauseMs = backoffMs(restarts++, deadlines)
    logger.warn(`the GPU probe is gone (${why}); a new one starts in ${pauseMs} ms`)
    nextStart = setTimeout(start, pauseMs)
  }

  const start = (): void => {
    if (disposed) return
    try {
      const process = startProbeProcess({
        nodePath: options.nodePath,
        entryPath: options.entryPath,
        args: options.sysRoot === undefined ? [] : [options.sysRoot],
        env: options.env,
        onLine,
        onEnd
      })
      phase = { kind: 'running', process }
    } catch (error) {
      // fork() without memory throws here instead of emitting: the very moment the core must live through.
      onEnd(`it could not be started (${error instanceof Error ? error.message : String(error)})`)
      return
    }
    askInTurn()
  }

  start()
  return {
    latest,
    requestReading: ask,
    setFast(on) {
      if (on === fast || disposed) return
      fast = on
      askInTurn()
    },
    get pid() {
      return phase.kind === 'gone' ? null : phase.process.pid
    },
    get malformedLines() {
      return malformedLines
    },
    dispose() {
      if (disposed) return
      disposed = true
      for (const timer of [nextAsk, killAt, nextStart]) clearTimeout(timer)
      if (phase.kind !== 'gone') phase.process.release()
      phase = { kind: 'gone' }
    }
  }
}

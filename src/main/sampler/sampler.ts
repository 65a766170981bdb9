import type { GpuSnapshot } from '../../shared/model/gpu.ts'
import type { Snapshot } from '../../shared/model/snapshot.ts'
import type { Disposable } from '../../shared/util/disposable.ts'
import type { Clock, Logger, Places } from '../platform/ports.ts'
import { createPace, FAST_INTERVAL_MS } from './pace.ts'
import { fastSources } from './sources/fast.ts'
import { readPageSize } from './sources/page-size.ts'
import { slowSources, type SlowReading } from './sources/slow.ts'

export interface SamplerPorts {
  readonly places: Pick<Places, 'procRoot' | 'sysRoot'>
  readonly clock: Clock
  readonly logger: Logger
  /** The probe's last word, with its age; never waits. */
  readonly gpu: () => GpuSnapshot
  /** Default: asked from the kernel. */
  readonly pageSizeBytes?: number
  readonly onSnapshot: (snapshot: Snapshot) => void
}

/**
 * Reads the machine again and again, faster while it matters.
 *
 * Memory, pressure, vmstat and GPU are fresh in every snapshot. The process table, CPU load, free blocks and
 * rates are at most a second old, temperature two; within the table, see ProcessTable.
 */
export interface Sampler extends Disposable {
  /** Samples at once, then on its own schedule. */
  start(): void
  /** A model starts or loads: 4 Hz until told otherwise. */
  setLoading(loading: boolean): void
  latest(): Snapshot | null
  /**
   * A fresh snapshot, process table included; it goes to `onSnapshot` as every other. While meminfo cannot be
   * read it is the latest one instead; throws when there never was one, as nothing can be said then.
   */
  sampleNow(): Snapshot
}

/** The process table and what goes with it, however fast the rest is: it is nine tenths of the cost. */
const SLOW_INTERVAL_MS = 1_000
/** A timer that fires a little early must not put the table off by a whole tick. */
const SLOW_TOLERANCE_MS = 20

export function createSampler(ports: SamplerPorts): Sampler {
  const { clock, logger, gpu, places } = ports
  const pageSizeBytes = ports.pageSizeBytes ?? readPageSize(places.procRoot)
  const fast = fastSources(places.procRoot, pageSizeBytes)
  const slow = slowSources(places.procRoot, places.sysRoot, pageSizeBytes)
  const pace = createPace()
  let latest: Snapshot | null = null
  let slowReading: SlowReading | null = null
  let slowDueMs = Number.NEGATIVE_INFINITY
  let sequence = 0
  let problem: string | null = null
  let timer: NodeJS.Timeout | null = null
  let running = false
  let intervalMs = FAST_INTERVAL_MS

  const report = (message: string | null): void => {
    if (message === problem) return
    if (message === null) logger.info('memory figures are back')
    else logger.error(`no memory figures: ${message}; trying again`)
    problem = message
  }

  const readSlow = (gpuNow: GpuSnapshot, monotonicMs: number): SlowReading => {
    slowDueMs = monotonicMs + SLOW_INTERVAL_MS - SLOW_TOLERANCE_MS
    return slow.read(new Set(gpuNow.processes.map((holder) => holder.pid)), monotonicMs)
  }

  /** Null, and said once, while meminfo cannot be used: an old figure shown as new would be worse than none. */
  const sample = (withTable: boolean): Snapshot | null => {
    const atMs = clock.nowMs()
    const monotonicMs = clock.monotonicMs()
    const reading = fast.read()
    report(reading.ok ? null : reading.error)
    if (!reading.ok) return null
    const gpuNow = gpu()
    if (withTable || slowReading === null || monotonicMs >= slowDueMs)
      slowReading = readSlow(gpuNow, monotonicMs)
    const { memInfo, perCpuFreeBytes, pressures, vmStat } = reading.value
    intervalMs = pace.next(memInfo, perCpuFreeBytes, monotonicMs)
    latest = {
      sequence: sequence++,
      atMs,
      monotonicMs,
      intervalMs,
      memInfo,
      perCpuFreeBytes,
      pressures,
      vmStat,
      ...slowReading,
      gpu: gpuNow
    }
    ports.onSnapshot(latest)
    return latest
  }

  const schedule = (delayMs: number): void => {
    if (timer !== null) clearTimeout(timer)
    timer = running ? setTimeout(tick, delayMs) : null
  }

  /** The next tick is due an interval after this one began; a late tick is not made up for. */
  const tick = (): void => {
    const startedMs = clock.monotonicMs()
    try {
      sample(false)
    } catch (error) {
      logger.error('a snapshot failed', error)
    }
    // A listener may have begun a load meanwhile.
    const wantedMs = pace.loading ? FAST_INTERVAL_MS : intervalMs
    schedule(Math.max(0, wantedMs - (clock.monotonicMs() - startedMs)))
  }

  return {
    start() {
      if (running) return
      running = true
      tick()
    },
    setLoading(loading) {
      if (loading === pace.loading) return
      pace.setLoading(loading)
      if (running && loading && intervalMs > FAST_INTERVAL_MS) schedule(0)
    },
    latest: () => latest,
    sampleNow() {
      const snapshot = sample(true) ?? latest
      if (snapshot === null) throw new Error(`no memory figures: ${problem ?? 'not read yet'}`)
      return snapshot
    },
    dispose() {
      running = false
      schedule(0)
      fast.dispose()
      slow.dispose()
    }
  }
}

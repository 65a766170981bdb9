import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Reading } from '../../shared/model/reading.ts'
import type { Profile, RunnerView } from '../../shared/model/runner.ts'
import { clamp } from '../../shared/util/clamp.ts'
import type { Disposable } from '../../shared/util/disposable.ts'
import { writeFileAtomic } from '../platform/atomic-file.ts'
import type { Logger } from '../platform/ports.ts'

const FILE = 'guard-learned.json'
const VERSION = 1
/** Entries of each kind; the oldest go. More models than this nobody runs, and the file stays below 20 KiB. */
const MOST_ENTRIES = 64
/** Models must have been ready, and the machine calm, for this long before where memory stays counts as its rest. */
const REST_AFTER_MS = 60_000
/** Writing waits for the disk: seldom, and never while memory is short. */
const SAVE_EVERY_MS = 60_000
/** Rest levels are told apart by this much; every new low of a desktop that breathes is no news. */
const NOTICEABLE_BYTES = 16 * 1024 ** 2
/** A stop faster than this is measured by our own looks; slower than 10 s nobody waits for in an emergency. */
const STOP_LATENCY_MS = [200, 10_000] as const
/** An orderly stop took a polite end, too: it may make the guard act earlier by this much at most. */
const ORDERLY_STOP_MS = 2_000

/** A model still fills its cache for some time after it answers. */
const SETTLES_MS = 60_000
/** Others below this change too often and too little to tell two situations apart. */
const LEAST_FOREIGN_BYTES = 1024 ** 3

/** Memory held by somebody whom Firebreak did not start. */
export interface ForeignHolder {
  readonly id: string
  readonly bytes: number
}

/** What earlier runs of the user's models taught the guard. */
export interface Learned extends Disposable {
  /** Takes the present in: rest levels, load times, orderly stops. */
  note(now: {
    readonly monotonicMs: number
    readonly availableBytes: number
    readonly isCalm: boolean
    readonly runners: readonly RunnerView[]
    readonly profiles: readonly Profile[]
    readonly foreign?: readonly ForeignHolder[]
  }): void
  /**
   * Where memory stays with just these models and these others; known only while one of the models loads or has just
   * become ready, for only then is a fall to that level expected.
   */
  restsAtBytes(
    runners: readonly RunnerView[],
    profiles: readonly Profile[],
    now: { readonly atMs: number; readonly foreign?: readonly ForeignHolder[] }
  ): Reading
  reloadS(id: string): Reading
  stopLatencyMs(id: string): number | null
  /** From the guard's signal to its end. */
  noteStop(id: string, latencyMs: number): void
}

type Table = Map<string, number>

interface Tables {
  readonly rests: Table
  readonly loadsS: Table
  readonly stopsMs: Table
}

/** Reads what is known; a file that cannot be used is as good as none, for all of it is learnt again. */
export function openLearned(dataDir: string, logger: Logger): Learned {
  const path = join(dataDir, FILE)
  const tables = read(path, logger)
  const loads = new Map<string, number>()
  const stops = new Map<string, RunnerView['lastStop']>()
  let resting: { key: string; sinceMs: number; lowest: number; wasKept: boolean } | null = null
  let isChanged = false
  let savedMs = Number.NEGATIVE_INFINITY

  const put = (table: Table, key: string, value: number): void => {
    if (table.get(key) === value) return
    table.delete(key)
    table.set(key, value)
    for (const oldest of table.keys()) if (table.size > MOST_ENTRIES) table.delete(oldest)
    isChanged = true
  }

  const save = (): void => {
    if (!isChanged) return
    isChanged = false
    const { rests, loadsS, stopsMs } = tables
    const entries = {
      rests: Object.fromEntries(rests),
      loadsS: Object.fromEntries(loadsS),
      stopsMs: Object.fromEntries(stopsMs)
    }
    try {
      writeFileAtomic(path, `${JSON.stringify({ version: VERSION, ...entries })}\n`)
    } catch (error) {
      logger.error(`what the guard learnt could not be written to ${path}`, error)
    }
  }

  const noteRest: Learned['note'] = ({
    monotonicMs,
    availableBytes,
    isCalm,
    runners,
    profiles,
    foreign = []
  }) => {
    const active = runners.filter((view) => view.pids.length > 0)
    const key = keyOf(active, profiles, foreign)
    const isAtRest = isCalm && active.length > 0 && active.every(({ state }) => state === 'ready')
    if (!isAtRest) {
      resting = null
      return
    }
    if (resting?.key !== key) resting = { key, sinceMs: monotonicMs, lowest: availableBytes, wasKept: false }
    resting.lowest = Math.min(resting.lowest, availableBytes)
    if (monotonicMs - resting.sinceMs < REST_AFTER_MS) return
    const before = tables.rests.get(key)
    // The last run's level stands for all: an old low of other programs must not permit a fall for ever.
    const isNews = !resting.wasKept || before === undefined || before - resting.lowest >= NOTICEABLE_BYTES
    if (isNews) put(tables.rests, key, resting.lowest)
    resting.wasKept = true
  }

  return {
    note(now) {
      noteRest(now)
      for (const { id, state, startedAtMs, readyAtMs, lastStop, restarts } of now.runners) {
        if (state === 'ready' && startedAtMs !== null && readyAtMs !== null && loads.get(id) !== readyAtMs) {
          loads.set(id, readyAtMs)
          // Taken back or crashed meanwhile: its times are not those of one load.
          if (restarts === 0 && readyAtMs > startedAtMs)
            put(tables.loadsS, id, Math.round((readyAtMs - startedAtMs) / 100) / 10)
        }
        if (lastStop !== null && stops.get(id) !== lastStop && lastStop.left.length === 0) {
          stops.set(id, lastStop)
          put(
            tables.stopsMs,
            id,
            clamp(Math.round(lastStop.seconds * 1_000), STOP_LATENCY_MS[0], ORDERLY_STOP_MS)
          )
        }
      }
      if (now.isCalm && isChanged && now.monotonicMs - savedMs >= SAVE_EVERY_MS) {
        savedMs = now.monotonicMs
        save()
      }
    },
    restsAtBytes(runners, profiles, { atMs, foreign = [] }) {
      const active = runners.filter((view) => view.pids.length > 0)
      if (!active.some((view) => isFilling(view, atMs))) return 'unknown'
      return tables.rests.get(keyOf(active, profiles, foreign)) ?? 'unknown'
    },
    reloadS: (id) => tables.loadsS.get(id) ?? 'unknown',
    stopLatencyMs: (id) => tables.stopsMs.get(id) ?? null,
    noteStop(id, latencyMs) {
      if (Number.isFinite(latencyMs))
        put(tables.stopsMs, id, clamp(Math.round(latencyMs), STOP_LATENCY_MS[0], STOP_LATENCY_MS[1]))
    },
    dispose: save
  }
}

/** Takes the memory that it will rest with. */
const isFilling = ({ state, readyAtMs }: RunnerView, atMs: number): boolean =>
  state === 'loading' ||
  state === 'starting' ||
  (state === 'ready' && readyAtMs !== null && Math.abs(atMs - readyAtMs) < SETTLES_MS)

/** Size to the power of two: one that grows much is another situation, and its fall is not the models'. */
const roughly = (bytes: number): number => Math.round(Math.log2(bytes / LEAST_FOREIGN_BYTES))

/** The models that run, each with its settings (another context rests elsewhere), and who else holds memory. */
function keyOf(
  active: readonly RunnerView[],
  profiles: readonly Profile[],
  foreign: readonly ForeignHolder[]
): string {
  const others = foreign
    .filter(({ bytes }) => bytes >= LEAST_FOREIGN_BYTES)
    .map(({ id, bytes }) => `${id}~${roughly(bytes)}`)
  return active
    .map(({ id }) => {
      const profile = profiles.find((one) => one.id === id)
      const shape = JSON.stringify([profile?.modelPath, profile?.settings])
      return `${id}@${createHash('sha256').update(shape).digest('hex').slice(0, 8)}`
    })
    .concat(others)
    .sort()
    .join('+')
}

function read(path: string, logger: Logger): Tables {
  const empty: Tables = { rests: new Map(), loadsS: new Map(), stopsMs: new Map() }
  try {
    const raw: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof raw !== 'object' || raw === null || Reflect.get(raw, 'version') !== VERSION) return empty
    return {
      rests: tableOf(Reflect.get(raw, 'rests')),
      loadsS: tableOf(Reflect.get(raw, 'loadsS')),
      stopsMs: tableOf(Reflect.get(raw, 'stopsMs'))
    }
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!isAbsent) logger.warn(`what the guard had learnt cannot be read (${path}); it is learnt anew`)
    return empty
  }
}

function tableOf(raw: unknown): Table {
  const entries = typeof raw === 'object' && raw !== null ? Object.entries(raw) : []
  const usable = entries.filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] >= 0
  )
  return new Map(usable.slice(-MOST_ENTRIES))
}

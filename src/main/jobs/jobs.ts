import { randomUUID } from 'node:crypto'
import type { ContractError } from '../../shared/contract/errors.ts'
import type { Job } from '../../shared/model/job.ts'
import type { Disposable } from '../../shared/util/disposable.ts'
import { plainText } from '../../shared/util/plain-text.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import type { Clock } from '../platform/ports.ts'

/** Between two events: twice a second, as the contract promises. */
const EVENT_EVERY_MS = 500
/** Ended jobs that are kept: what a user did today, not a log. */
const MOST_ENDED = 50
/** Work that was told to end and does not: its job ends without it, so that the user may try again. */
const CANCEL_DEADLINE_MS = 10_000
/** One sentence; what a program wrote may be longer. */
const MOST_CHARACTERS = 600

/** What has changed since the last report; what is left out stays as it was. */
export interface JobProgress {
  readonly doneBytes?: number | null
  readonly totalBytes?: number | null
  readonly text?: string
}

/**
 * What a job does. Ok: one sentence of what came of it. Expected failures are Results; something thrown fails the job
 * too. Once `signal` is aborted it ends soon, and what it answers then is no longer of interest.
 */
export type JobWork = (
  signal: AbortSignal,
  report: (progress: JobProgress) => void
) => Promise<Result<string, ContractError>>

/** Everything long that runs now, and what became of the last ones. Disposing cancels all and tells nobody. */
export interface Jobs extends Disposable {
  run(kind: Job['kind'], label: string, work: JobWork): Job
  /** Newest first. */
  list(): readonly Job[]
  get(id: string): Job | null
  cancel(id: string): Result<Job, ContractError>
}

interface Entry {
  job: Job
  readonly abort: AbortController
  deadline: NodeJS.Timeout | null
}

/** `onChange` hears of each job at most twice a second, and of its last state always. */
export function createJobs(ports: { readonly clock: Clock; readonly onChange: (job: Job) => void }): Jobs {
  const entries = new Map<string, Entry>()
  const moved = new Set<Entry>()
  let timer: NodeJS.Timeout | null = null
  let isDisposed = false

  const tell = (): void => {
    const now = [...moved]
    moved.clear()
    timer = setTimeout(() => {
      timer = null
      if (moved.size > 0) tell()
    }, EVENT_EVERY_MS)
    for (const { job } of now) ports.onChange(job)
  }
  const change = (entry: Entry, changes: Partial<Job>): void => {
    if (isDisposed) return
    entry.job = { ...entry.job, ...changes }
    moved.add(entry)
    if (timer === null) tell()
  }
  const end = (entry: Entry, state: Job['state'], text: string): void => {
    if (entry.job.state !== 'running') return
    if (entry.deadline !== null) clearTimeout(entry.deadline)
    entry.deadline = null
    change(entry, { state, text: sentence(text) })
    forgetOldest()
  }
  const forgetOldest = (): void => {
    const ended = [...entries.values()].filter(({ job }) => job.state !== 'running')
    for (const { job } of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) entries.delete(job.id)
  }
  const endCancelled = (entry: Entry): void => end(entry, 'cancelled', 'Cancelled.')

  const settle = async (entry: Entry, work: JobWork): Promise<void> => {
    const { signal } = entry.abort
    try {
      const outcome = await work(signal, (progress) => {
        if (entry.job.state === 'running' && !signal.aborted) change(entry, progressOf(progress))
      })
      if (signal.aborted) endCancelled(entry)
      else if (outcome.ok) end(entry, 'done', outcome.value)
      else end(entry, 'failed', outcome.error.message)
    } catch (error) {
      if (signal.aborted) endCancelled(entry)
      else end(entry, 'failed', error instanceof Error ? error.message : String(error))
    }
  }

  return {
    run(kind, label, work) {
      const entry: Entry = {
        job: {
          id: randomUUID(),
          kind,
          label: sentence(label),
          state: 'running',
          doneBytes: null,
          totalBytes: null,
          text: 'Beginning.',
          startedAtMs: ports.clock.nowMs()
        },
        abort: new AbortController(),
        deadline: null
      }
      entries.set(entry.job.id, entry)
      change(entry, {})
      const { job } = entry
      void settle(entry, work)
      return job
    },
    list: () => [...entries.values()].map(({ job }) => job).toReversed(),
    get: (id) => entries.get(id)?.job ?? null,
    cancel(id) {
      const entry = entries.get(id)
      if (entry === undefined)
        return err({ code: 'not-found', message: 'There is no such job. It may have ended long ago.' })
      if (entry.job.state === 'running' && !entry.abort.signal.aborted) {
        change(entry, { text: 'Being cancelled.' })
        entry.deadline = setTimeout(() => endCancelled(entry), CANCEL_DEADLINE_MS)
        entry.abort.abort()
      }
      return ok(entry.job)
    },
    dispose() {
      isDisposed = true
      if (timer !== null) clearTimeout(timer)
      moved.clear()
      for (const { abort, deadline } of entries.values()) {
        if (deadline !== null) clearTimeout(deadline)
        abort.abort()
      }
      entries.clear()
    }
  }
}

const sentence = (text: string): string => {
  const plain = plainText(text)
  return plain.length > MOST_CHARACTERS ? `${plain.slice(0, MOST_CHARACTERS - 1)}…` : plain
}

const progressOf = ({ doneBytes, totalBytes, text }: JobProgress): Partial<Job> => ({
  ...(doneBytes === undefined ? {} : { doneBytes }),
  ...(totalBytes === undefined ? {} : { totalBytes }),
  ...(text === undefined ? {} : { text: sentence(text) })
})

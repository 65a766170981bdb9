import { createStore, type StoreApi } from 'zustand/vanilla'
import type { Client } from '../../../shared/contract/client.ts'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Job } from '../../../shared/model/job.ts'
import type { ModelSource } from '../../../shared/model/playbook.ts'
import type { RunnerKind } from '../../../shared/model/runner.ts'
import type { Result } from '../../../shared/util/result.ts'

/** Downloads, pulls and set-ups as the core last told them. */
export interface JobsState {
  /** In the order of their beginning; what was dismissed here is left out. */
  readonly jobs: readonly Job[]
  /** Ids of jobs that were begun here, by repository or kind. */
  readonly begun: ReadonlyMap<string, string>
  /** The last refusal by job id, repository or kind, until the next attempt. */
  readonly errors: ReadonlyMap<string, ContractError>
  load(): Promise<void>
  accept(job: Job): void
  cancel(id: string): Promise<void>
  /** No longer shown here; the core keeps it. */
  dismiss(id: string): void
  download(source: ModelSource): Promise<void>
  runSetUp(kind: RunnerKind): Promise<void>
}
export type JobsStore = StoreApi<JobsState>

/** The one under way for a repository or kind: begun here, or elsewhere and named after it. */
export const runningJob = ({ jobs, begun }: JobsState, key: string): Job | undefined =>
  jobs.find(({ id, state, label }) => state === 'running' && (id === begun.get(key) || label.includes(key)))

export function createJobsStore(client: Client): JobsStore {
  const dismissed = new Set<string>()
  return createStore<JobsState>()((set, get) => {
    const tell = (key: string, error: ContractError | null): void =>
      set((before) => {
        const errors = new Map(before.errors)
        if (error === null) errors.delete(key)
        else errors.set(key, error)
        return { errors }
      })
    const began = (key: string, result: Result<Job, ContractError>): void => {
      tell(key, result.ok ? null : result.error)
      if (!result.ok) return
      set((before) => ({ begun: new Map(before.begun).set(key, result.value.id) }))
      get().accept(result.value)
    }
    return {
      jobs: [],
      begun: new Map(),
      errors: new Map(),
      async load() {
        const jobs = await client.call('jobs.list', {})
        if (jobs.ok) set({ jobs: jobs.value.filter(({ id }) => !dismissed.has(id)) })
      },
      accept(job) {
        if (dismissed.has(job.id)) return
        set(({ jobs }) => ({
          jobs: jobs.some(({ id }) => id === job.id)
            ? jobs.map((one) => (one.id === job.id ? job : one))
            : [...jobs, job]
        }))
      },
      async cancel(id) {
        const result = await client.call('jobs.cancel', { id })
        tell(id, result.ok ? null : result.error)
      },
      dismiss(id) {
        dismissed.add(id)
        set(({ jobs }) => ({ jobs: jobs.filter((one) => one.id !== id) }))
      },
      async download(source) {
        const input = { ...source, files: [...source.files] }
        began(source.repository, await client.call('models.download', { source: input }))
      },
      async runSetUp(kind) {
        began(kind, await client.call('runners.run-set-up', { kind }))
      }
    }
  })
}

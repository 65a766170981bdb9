import { err, ok } from '../../../shared/util/result.ts'
import { downloadModel } from '../../downloads/download.ts'
import type { Handlers } from '../../transport/dispatcher.ts'
import type { HandlerParts } from '../handler-parts.ts'

/** More at once only share one line, and crowd the disk. */
const MOST_DOWNLOADS = 4

export function modelsHandlers({
  ports,
  jobs,
  models
}: HandlerParts): Pick<Handlers, 'models.list' | 'models.download' | 'jobs.list' | 'jobs.cancel'> {
  /** What runs, by repository: two of one would write the same files. */
  const downloads = new Map<string, { readonly id: string; readonly source: string }>()
  const running = (repository: string) => {
    const download = downloads.get(repository)
    const job = download === undefined ? null : jobs.get(download.id)
    return download !== undefined && job?.state === 'running' ? { job, source: download.source } : null
  }
  return {
    'models.list': async () => ok(await models.list()),
    'models.download': async ({ source }) => {
      const { repository } = source
      const asText = JSON.stringify([source.revision, source.files])
      const before = running(repository)
      if (before !== null && before.source === asText) return ok(before.job)
      if (before !== null)
        return err({
          code: 'already-running',
          message: `Other files of ${repository} are being fetched. Wait for them, or cancel that job.`
        })
      if ([...downloads.keys()].filter((one) => running(one) !== null).length >= MOST_DOWNLOADS)
        return err({
          code: 'refused',
          message: `${MOST_DOWNLOADS} downloads run already. Wait for one to end, or cancel one.`
        })
      const { homeDir } = ports.places
      const job = jobs.run('download', repository, async (signal, report) => {
        try {
          return await downloadModel({ homeDir, env: process.env }, source, signal, report)
        } finally {
          models.outdated()
        }
      })
      downloads.set(repository, { id: job.id, source: asText })
      return ok(job)
    },
    'jobs.list': async () => ok(jobs.list()),
    'jobs.cancel': async ({ id }) => {
      const cancelled = jobs.cancel(id)
      return cancelled.ok ? ok({}) : cancelled
    }
  }
}

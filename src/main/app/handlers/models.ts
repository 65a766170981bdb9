import { err, ok } from '../../../shared/util/result.ts'
import type { Handlers } from '../../transport/dispatcher.ts'
import type { HandlerParts } from '../handlers.ts'

const NOT_YET = err({ code: 'internal', message: 'This is not built yet.' } as const)

export function modelsHandlers({
  jobs
}: HandlerParts): Pick<Handlers, 'models.list' | 'models.download' | 'jobs.list' | 'jobs.cancel'> {
  return {
    'models.list': async () => NOT_YET,
    'models.download': async () => NOT_YET,
    'jobs.list': async () => ok(jobs.list()),
    'jobs.cancel': async ({ id }) => {
      const cancelled = jobs.cancel(id)
      return cancelled.ok ? ok({}) : cancelled
    }
  }
}

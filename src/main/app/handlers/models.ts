import { err, ok } from '../../../shared/util/result.ts'
import type { Handlers } from '../../transport/dispatcher.ts'
import type { HandlerParts } from '../handlers.ts'

const NOT_YET = err({ code: 'internal', message: 'This is not built yet.' } as const)

export function modelsHandlers({
  jobs,
  models
}: HandlerParts): Pick<Handlers, 'models.list' | 'models.download' | 'jobs.list' | 'jobs.cancel'> {
  return {
    'models.list': async () => ok(await models.list()),
    'models.download': async () => NOT_YET,
    'jobs.list': async () => ok(jobs.list()),
    'jobs.cancel': async ({ id }) => {
      const cancelled = jobs.cancel(id)
      return cancelled.ok ? ok({}) : cancelled
    }
  }
}

import { err } from '../../../shared/util/result.ts'
import type { Handlers } from '../../transport/dispatcher.ts'
import type { HandlerParts } from '../handlers.ts'

const NOT_YET = err({ code: 'internal', message: 'This is not built yet.' } as const)

export function modelsHandlers(
  _parts: HandlerParts
): Pick<Handlers, 'models.list' | 'models.download' | 'jobs.list' | 'jobs.cancel'> {
  return {
    'models.list': async () => NOT_YET,
    'models.download': async () => NOT_YET,
    'jobs.list': async () => NOT_YET,
    'jobs.cancel': async () => NOT_YET
  }
}

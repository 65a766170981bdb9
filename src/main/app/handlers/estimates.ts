import { err } from '../../../shared/util/result.ts'
import type { Handlers } from '../../transport/dispatcher.ts'
import type { HandlerParts } from '../handler-parts.ts'

const NOT_YET = err({ code: 'internal', message: 'not yet' } as const)

export function estimatesHandlers(
  _parts: HandlerParts
): Pick<Handlers, 'models.facts' | 'estimate.get' | 'estimate.profile' | 'estimate.models'> {
  return {
    'models.facts': async () => NOT_YET,
    'estimate.get': async () => NOT_YET,
    'estimate.profile': async () => NOT_YET,
    'estimate.models': async () => NOT_YET
  }
}

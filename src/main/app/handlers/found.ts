import { err } from '../../../shared/util/result.ts'
import type { Handlers } from '../../transport/dispatcher.ts'
import type { HandlerParts } from '../handlers.ts'

const NOT_YET = err({ code: 'internal', message: 'This is not built yet.' } as const)

export function foundHandlers(
  _parts: HandlerParts
): Pick<Handlers, 'runners.found' | 'runners.adopt' | 'runners.stop-found'> {
  return {
    'runners.found': async () => NOT_YET,
    'runners.adopt': async () => NOT_YET,
    'runners.stop-found': async () => NOT_YET
  }
}

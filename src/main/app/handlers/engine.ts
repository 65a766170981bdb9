import { err } from '../../../shared/util/result.ts'
import type { Handlers } from '../../transport/dispatcher.ts'
import type { HandlerParts } from '../handlers.ts'

const NOT_YET = err({ code: 'internal', message: 'This is not built yet.' } as const)

export function engineHandlers(_parts: HandlerParts): Pick<Handlers, 'engine.get'> {
  return {
    'engine.get': async () => NOT_YET
  }
}

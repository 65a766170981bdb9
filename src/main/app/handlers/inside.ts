import { err } from '../../../shared/util/result.ts'
import type { Handlers } from '../../transport/dispatcher.ts'
import type { HandlerParts } from '../handlers.ts'

const NOT_YET = err({ code: 'internal', message: 'This is not built yet.' } as const)

export function insideHandlers(
  _parts: HandlerParts
): Pick<
  Handlers,
  | 'runners.free'
  | 'runners.load-model'
  | 'runners.unload-model'
  | 'runners.training'
  | 'runners.stop-after-checkpoint'
> {
  return {
    'runners.free': async () => NOT_YET,
    'runners.load-model': async () => NOT_YET,
    'runners.unload-model': async () => NOT_YET,
    'runners.training': async () => NOT_YET,
    'runners.stop-after-checkpoint': async () => NOT_YET
  }
}

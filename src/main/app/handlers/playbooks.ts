import { err } from '../../../shared/util/result.ts'
import type { Handlers } from '../../transport/dispatcher.ts'
import type { HandlerParts } from '../handlers.ts'

const NOT_YET = err({ code: 'internal', message: 'This is not built yet.' } as const)

export function playbooksHandlers(
  _parts: HandlerParts
): Pick<
  Handlers,
  | 'playbooks.list'
  | 'profiles.preview'
  | 'profiles.export'
  | 'profiles.import'
  | 'runners.set-up'
  | 'runners.run-set-up'
> {
  return {
    'playbooks.list': async () => NOT_YET,
    'profiles.preview': async () => NOT_YET,
    'profiles.export': async () => NOT_YET,
    'profiles.import': async () => NOT_YET,
    'runners.set-up': async () => NOT_YET,
    'runners.run-set-up': async () => NOT_YET
  }
}

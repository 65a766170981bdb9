import { ok } from '../../../shared/util/result.ts'
import type { Handlers } from '../../transport/dispatcher.ts'
import type { HandlerParts } from '../handler-parts.ts'

/** The container engine that would be used, looked for at each call: it may have been installed just now. */
export function engineHandlers({ containers }: HandlerParts): Pick<Handlers, 'engine.get'> {
  return {
    'engine.get': async () => ok(await containers.engine())
  }
}

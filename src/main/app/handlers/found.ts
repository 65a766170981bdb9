import { ok } from '../../../shared/util/result.ts'
import type { Handlers } from '../../transport/dispatcher.ts'
import type { HandlerParts } from '../handler-parts.ts'

export function foundHandlers({
  discovery,
  runners,
  lookAnew
}: HandlerParts): Pick<Handlers, 'runners.found' | 'runners.adopt' | 'runners.stop-found'> {
  return {
    'runners.found': async () => ok(await discovery.list()),
    'runners.adopt': async (identity) => {
      const adoptable = await discovery.adoptable(identity)
      if (!adoptable.ok) return adoptable
      const adopted = await runners.adoptFound(adoptable.value.process, adoptable.value.draft)
      // Armed by the guard at once, and gone from the list of what was found.
      if (adopted.ok) lookAnew()
      discovery.forget()
      return adopted
    },
    'runners.stop-found': (identity) => discovery.stop(identity)
  }
}

import { ok } from '../../../shared/util/result.ts'
import type { Handlers } from '../../transport/dispatcher.ts'
import type { HandlerParts } from '../handler-parts.ts'

/** What is done inside a runner that goes on running: memory given back, models loaded and unloaded, training. */
export function insideHandlers({
  runners,
  training
}: HandlerParts): Pick<
  Handlers,
  | 'runners.free'
  | 'runners.load-model'
  | 'runners.unload-model'
  | 'runners.training'
  | 'runners.stop-after-checkpoint'
> {
  return {
    'runners.free': ({ id }) => runners.free(id),
    'runners.load-model': async ({ id, model }) => {
      const loaded = await runners.loadModel(id, model)
      return loaded.ok ? ok({}) : loaded
    },
    'runners.unload-model': async ({ id, model }) => {
      const unloaded = await runners.unloadModel(id, model)
      return unloaded.ok ? ok({}) : unloaded
    },
    'runners.training': async ({ id }) => training.of(id),
    'runners.stop-after-checkpoint': async ({ id }) => {
      const asked = training.stopAfterCheckpoint(id)
      return asked.ok ? ok({}) : asked
    }
  }
}

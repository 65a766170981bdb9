import type { RunnerCore } from '../runner-core.ts'
import type { LiveProcess } from '../live-process.ts'

/** One small HTTP exchange: a model that was loaded shows at once for a person. */
const LIST_EVERY_MS = 2_000
const LIST_TIMEOUT_MS = 2_000

/** Keeps the list of the models inside a ready runner that holds several: llama.cpp's router. */
export interface ModelsWatch {
  tick(current: LiveProcess): void
  reset(): void
}

export function createModelsWatch(core: RunnerCore): ModelsWatch {
  const { models } = core.deps.adapter
  let listedMs = Number.NEGATIVE_INFINITY
  let isAsking = false
  return {
    tick(current) {
      const nowMs = core.deps.ports.clock.monotonicMs()
      if (models === null || isAsking || nowMs - listedMs < LIST_EVERY_MS) return
      listedMs = nowMs
      isAsking = true
      void models
        .list(current.facts.url, LIST_TIMEOUT_MS)
        .then((listed) => {
          if (core.live !== current || core.closing.signal.aborted) return
          // One that is busy may miss a question; what was known stays.
          if (listed !== null) core.models = listed
          core.publish()
        })
        .finally(() => (isAsking = false))
    },
    reset() {
      listedMs = Number.NEGATIVE_INFINITY
      core.models = null
    }
  }
}

import type { Estimate, Interval } from '../../shared/model/estimate.ts'
import type { Profile } from '../../shared/model/runner.ts'
import type { ModelOnDisk } from '../models/types.ts'
import type { Clock } from '../platform/ports.ts'
import { defaultProfile } from './default-profile.ts'
import { within } from './within.ts'

/** Headers read at once: more are not, of however many files. */
const AT_ONCE = 2
/** A list is waited for no longer; what is not read by then comes with the next question. */
const LIST_MS = 2_500
/** Work between two turns of the event loop. */
const TURN_MS = 8

export interface ModelSize {
  readonly path: string
  readonly total: Interval
  readonly isRough: boolean
}

/**
 * Every model on disk with the settings a new profile would have; what cannot be estimated is left out. Callers at the
 * same time share one pass, and one that takes long goes on alone.
 */
export function createAllModels(options: {
  readonly clock: Clock
  readonly findModels: () => Promise<readonly ModelOnDisk[]>
  /** Null: it cannot be told. */
  readonly estimate: (profile: Profile) => Promise<Estimate | null>
}): () => Promise<readonly ModelSize[]> {
  const { clock, findModels, estimate } = options
  let known = new Map<string, ModelSize>()
  let running: Promise<void> | null = null

  const pass = async (): Promise<void> => {
    const models = (await findModels()).filter(({ isPartial }) => !isPartial)
    const paths = new Set(models.map(({ path }) => path))
    known = new Map([...known].filter(([path]) => paths.has(path)))
    const left = models.values()
    let turnAtMs = clock.monotonicMs()
    const work = async (): Promise<void> => {
      for (const model of left) {
        const size = await estimate(defaultProfile(model)).catch(() => null)
        if (size === null || size.confidence === 'unknown') known.delete(model.path)
        else {
          const { total, confidence } = size
          known.set(model.path, { path: model.path, total, isRough: confidence !== 'good' })
        }
        if (clock.monotonicMs() - turnAtMs < TURN_MS) continue
        await new Promise((next) => setImmediate(next))
        turnAtMs = clock.monotonicMs()
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  }
  return async () => {
    running ??= pass().finally(() => (running = null))
    await within(running, LIST_MS, () => undefined)
    return [...known.values()]
  }
}

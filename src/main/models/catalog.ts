import type { Disposable } from '../../shared/util/disposable.ts'
import type { Clock, Logger } from '../platform/ports.ts'
import { createFactsReader } from './file-facts.ts'
import { scanModels, type Scan } from './scan.ts'
import type { FoundModels, ModelPlaces } from './types.ts'
import { watchFolders } from './watch-folders.ts'

/** A change seldom comes alone: a copy makes one per block. */
const GATHER_MS = 500
/** What no watch tells of is seen at the next question after this: folders that did not exist, sizes that grow. */
const OLDEST_MS = 15_000
/** A scan may take one part in so many of a core, however often something changes. */
const REST_PER_SCAN = 20
/** Nobody has asked for so long: the watches are given up, and the next question scans anew. */
const UNASKED_MS = 300_000

/** The models of this machine, kept up to date while somebody asks. Disposing gives up all watches. */
export interface ModelCatalog extends Disposable {
  /** Scans where something may have changed since the last time; callers at the same time share one scan. */
  list(): Promise<FoundModels>
  /** Something was added where no watch may be yet: the next question scans. */
  outdated(): void
}

/** `onChange` hears when another list would be answered than the last time. */
export function createModelCatalog(ports: {
  readonly places: () => ModelPlaces
  readonly clock: Clock
  readonly logger: Logger
  readonly onChange?: (found: FoundModels) => void
}): ModelCatalog {
  const { clock, logger } = ports
  const facts = createFactsReader()
  let last: { readonly scan: Scan; readonly text: string; readonly places: string } | null = null
  let endedAtMs = Number.NEGATIVE_INFINITY
  let tookMs = 0
  let running: Promise<Scan> | null = null
  let isChanged = false
  /** As `isChanged`, and no rest between scans counts. */
  let isOutdated = false
  let rescan: NodeJS.Timeout | null = null
  let unasked: NodeJS.Timeout | null = null
  let isDisposed = false

  const watches = watchFolders(() => {
    isChanged = true
    later()
  })
  const later = (): void => {
    if (rescan !== null || isDisposed) return
    const restMs = endedAtMs + tookMs * REST_PER_SCAN - clock.monotonicMs()
    rescan = setTimeout(
      () => {
        rescan = null
        scan().catch((error: unknown) => logger.error('models could not be looked for', error))
      },
      Math.max(GATHER_MS, restMs)
    )
    rescan.unref()
  }
  const scan = (): Promise<Scan> => (running ??= scanNow().finally(() => (running = null)))
  const scanNow = async (): Promise<Scan> => {
    const beganAtMs = clock.monotonicMs()
    const places = ports.places()
    isChanged = false
    isOutdated = false
    const found = await scanModels(places, facts)
    endedAtMs = clock.monotonicMs()
    tookMs = endedAtMs - beganAtMs
    if (isDisposed) return found
    if (unasked !== null) watches.set(found.folders)
    const { models, searched, skipped } = found
    const text = JSON.stringify([models, searched, skipped])
    const isNews = last !== null && last.text !== text
    last = { scan: found, text, places: JSON.stringify([places.homeDir, places.folders]) }
    if (isNews) ports.onChange?.(found)
    return found
  }
  const isFresh = (): boolean => {
    if (last === null || isOutdated) return false
    const { homeDir, folders } = ports.places()
    if (last.places !== JSON.stringify([homeDir, folders])) return false
    const ageMs = clock.monotonicMs() - endedAtMs
    if (ageMs < tookMs * REST_PER_SCAN) return true
    return !isChanged && ageMs < OLDEST_MS
  }
  const asked = (): void => {
    if (unasked !== null) clearTimeout(unasked)
    unasked = setTimeout(() => {
      unasked = null
      isChanged = true
      watches.set([])
    }, UNASKED_MS)
    unasked.unref()
  }

  return {
    async list() {
      if (!isDisposed) asked()
      // One under way may have passed by already.
      if (isOutdated && running !== null) await running
      const { models, searched, skipped } = last !== null && isFresh() ? last.scan : await scan()
      return { models, searched, skipped }
    },
    outdated() {
      isOutdated = true
    },
    dispose() {
      isDisposed = true
      watches.dispose()
      if (rescan !== null) clearTimeout(rescan)
      if (unasked !== null) clearTimeout(unasked)
      rescan = null
      unasked = null
    }
  }
}

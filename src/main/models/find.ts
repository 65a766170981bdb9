import { createFactsReader } from './file-facts.ts'
import { scanModels } from './scan.ts'
import type { FoundModels, ModelPlaces } from './types.ts'

export type { FoundModels, ModelOnDisk } from './types.ts'

/** Looks once for the models of this machine, for those who have no core to ask. */
export async function findModels(places: ModelPlaces): Promise<FoundModels> {
  const { models, searched, skipped } = await scanModels(places, createFactsReader())
  return { models, searched, skipped }
}

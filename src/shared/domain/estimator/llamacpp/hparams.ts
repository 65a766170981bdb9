import type { GgufFacts } from '../../../model/model-facts.ts'

type Hparams = GgufFacts['hparams']

/** More layers than any model has; a header that claims more is not followed. */
export const MOST_LAYERS = 4_096

/** A number of the header that is one, finite and not negative; null: it does not say. */
export function numberOf(hparams: Hparams, key: string): number | null {
  const value = hparams[key]
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null
}

/** A value for each layer: a list, one number for all, or the fallback. */
export function numbersOf(
  hparams: Hparams,
  key: string,
  layers: number,
  fallback: number
): readonly number[] {
  const value = hparams[key]
  const one = numberOf(hparams, key) ?? fallback
  return Array.from({ length: layers }, (_, layer) => {
    const item = Array.isArray(value) ? Number(value[layer] ?? 0) : one
    return Number.isFinite(item) && item >= 0 ? item : 0
  })
}

/** Yes or no for each layer, as booleans or numbers; null: not a list. */
export function flagsOf(hparams: Hparams, key: string, layers: number): readonly boolean[] | null {
  const value = hparams[key]
  if (!Array.isArray(value)) return null
  return Array.from({ length: layers }, (_, layer) => Number(value[layer] ?? 0) > 0)
}

/** 'model-00002-of-00014.safetensors': one shard of several. */
const SHARD = /^(.*)-(\d{5})-of-(\d{5})\.safetensors$/
const INDEX = /\.safetensors\.index\.json$/
/** Only changes another model's weights: none by itself. */
const ADAPTER = /^adapter_model/
/** The same weights once more, as Mistral's own tools read them. */
export const TWICE = /^consolidated/

export interface SafetensorsNames {
  /** At least one, unless all are missing. */
  readonly files: readonly string[]
  readonly parts: number
  readonly isMissing: boolean
  /**
   * Shards are counted from 0 to one below the last: whether the last exists only the index knows. This text in it
   * says that it does; null where there is nothing to ask.
   */
  readonly missingIfIndexed: string | null
  readonly index: string | null
}

/** The weights of one folder, by the names in it; null where there are none and none are announced. */
export function safetensorsNames(names: readonly string[]): SafetensorsNames | null {
  const index = names.find((name) => INDEX.test(name)) ?? null
  const weights = names.filter((name) => name.endsWith('.safetensors') && !ADAPTER.test(name))
  const once = weights.filter((name) => !TWICE.test(name))
  const files = once.length > 0 ? once : weights
  if (files.length === 0) {
    return index === null ? null : { files, parts: 1, isMissing: true, missingIfIndexed: null, index }
  }
  const sets = new Map<string, { readonly stem: string; readonly last: number; readonly has: Set<number> }>()
  for (const name of files) {
    const [, stem = '', part = '', last = ''] = SHARD.exec(name) ?? []
    if (last === '') continue
    const set = sets.get(`${last}/${stem}`) ?? { stem, last: Number(last), has: new Set<number>() }
    sets.set(`${last}/${stem}`, set)
    set.has.add(Number(part))
  }
  let parts = files.length
  let isMissing = index !== null && sets.size === 0 && !files.some((name) => index.startsWith(name))
  let missingIfIndexed: string | null = null
  for (const { stem, last, has } of sets.values()) {
    const first = has.has(0) ? 0 : 1
    const expected = Array.from({ length: last }, (_, at) => at + first)
    const missing = expected.filter((part) => !has.has(part)).length
    parts += missing
    isMissing ||= missing > 0
    if (first === 0 && !has.has(last)) {
      const digits = String(last).padStart(5, '0')
      missingIfIndexed = `${stem}-${digits}-of-${digits}.safetensors`
    }
  }
  return { files, parts, isMissing, missingIfIndexed, index }
}

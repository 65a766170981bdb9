/** Elements of one block and its bytes, as ggml lays them out. */
export interface CacheType {
  readonly blockElements: number
  readonly blockBytes: number
}

/** What llama-server takes for --cache-type-k and --cache-type-v. */
const CACHE_TYPES: ReadonlyMap<string, CacheType> = new Map([
  ['f32', { blockElements: 1, blockBytes: 4 }],
  ['f16', { blockElements: 1, blockBytes: 2 }],
  ['bf16', { blockElements: 1, blockBytes: 2 }],
  ['q8_0', { blockElements: 32, blockBytes: 34 }],
  ['q4_0', { blockElements: 32, blockBytes: 18 }],
  ['q4_1', { blockElements: 32, blockBytes: 20 }],
  ['iq4_nl', { blockElements: 32, blockBytes: 18 }],
  ['q5_0', { blockElements: 32, blockBytes: 22 }],
  ['q5_1', { blockElements: 32, blockBytes: 24 }]
])

export const isCacheType = (name: string): boolean => CACHE_TYPES.has(name.toLowerCase())

/** Bytes of one row of so many elements; an unknown type counts as f16. */
export function rowBytes(type: string, elements: number): number {
  const { blockElements, blockBytes } = CACHE_TYPES.get(type.toLowerCase()) ?? {
    blockElements: 1,
    blockBytes: 2
  }
  return Math.ceil(elements / blockElements) * blockBytes
}

export const isQuantised = (type: string): boolean =>
  (CACHE_TYPES.get(type.toLowerCase())?.blockElements ?? 1) > 1

export const isHalfPrecision = (type: string): boolean => type.toLowerCase() === 'f16'

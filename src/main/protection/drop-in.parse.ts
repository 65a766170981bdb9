/** MemoryMin and MemoryLow of a drop-in as the helper writes it; null where the text is not that. */
export function parseDropIn(text: string): { readonly minBytes: number; readonly lowBytes: number } | null {
  const bytes = (name: string): number | null => {
    const digits = new RegExp(`^${name}=(\\d+)$`, 'm').exec(text)?.[1]
    return digits === undefined ? null : Number(digits)
  }
  const minBytes = bytes('MemoryMin')
  const lowBytes = bytes('MemoryLow')
  return minBytes === null || lowBytes === null ? null : { minBytes, lowBytes }
}

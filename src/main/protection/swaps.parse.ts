export interface SwapArea {
  readonly path: string
  readonly sizeBytes: number
  readonly usedBytes: number
}

const KIB = 1024

/** /proc/swaps: a heading, then one area per line. The kernel writes blanks in names as \040. */
export function parseSwaps(text: string): readonly SwapArea[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [path, , size, used] = line.split(/\s+/)
      const [sizeKib, usedKib] = [Number(size), Number(used)]
      if (!path || !Number.isSafeInteger(sizeKib) || !Number.isSafeInteger(usedKib)) return []
      return [{ path: decoded(path), sizeBytes: sizeKib * KIB, usedBytes: usedKib * KIB }]
    })
}

const decoded = (path: string): string =>
  path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))

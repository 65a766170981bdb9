const WORD_BYTES = 8
const AT_PAGESZ = 6n

/** The page size from /proc/self/auxv (pairs of 64-bit words, little-endian as on arm64 and x64). */
export function parsePageSize(bytes: Buffer): number | 'unknown' {
  for (let at = 0; at + 2 * WORD_BYTES <= bytes.length; at += 2 * WORD_BYTES) {
    if (bytes.readBigUInt64LE(at) !== AT_PAGESZ) continue
    const size = Number(bytes.readBigUInt64LE(at + WORD_BYTES))
    return size >= 4096 && Number.isInteger(Math.log2(size)) ? size : 'unknown'
  }
  return 'unknown'
}

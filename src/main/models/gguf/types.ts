/**
 * Bytes of a block of elements by ggml type id, from ggml.h and ggml.c. Ids of forks (> 100) clash in meaning and
 * are left out: an unknown id has no size, and nothing is guessed from it.
 */
const BLOCKS: Readonly<Record<number, readonly [elements: number, bytes: number]>> = {
  0: [1, 4],
  1: [1, 2],
  2: [32, 18],
  3: [32, 20],
  6: [32, 22],
  7: [32, 24],
  8: [32, 34],
  9: [32, 36],
  10: [256, 84],
  11: [256, 110],
  12: [256, 144],
  13: [256, 176],
  14: [256, 210],
  15: [256, 292],
  16: [256, 66],
  17: [256, 74],
  18: [256, 98],
  19: [256, 50],
  20: [32, 18],
  21: [256, 110],
  22: [256, 82],
  23: [256, 136],
  24: [1, 1],
  25: [1, 2],
  26: [1, 4],
  27: [1, 8],
  28: [1, 8],
  29: [256, 56],
  30: [1, 2],
  31: [32, 18],
  32: [32, 18],
  33: [32, 18],
  34: [256, 54],
  35: [256, 66],
  36: [32, 18],
  37: [32, 18],
  38: [32, 18],
  39: [32, 17],
  40: [64, 36],
  41: [128, 18],
  42: [64, 18]
}

/** Bytes a tensor takes in the file; null for a type that is not known. Rows are whole blocks. */
export function tensorBytes(typeId: number, dimensions: readonly number[]): number | null {
  const block = BLOCKS[typeId]
  if (block === undefined) return null
  const [row = 1, ...rest] = dimensions
  return rest.reduce((product, size) => product * size, Math.ceil(row / block[0]) * block[1])
}

/** Bytes of a metadata value of fixed size by its type id; string (8) and array (9) have none. */
export const VALUE_BYTES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8
}
export const VALUE_BOOL = 7
export const VALUE_STRING = 8
export const VALUE_ARRAY = 9

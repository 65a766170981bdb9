const GB_PER_S = 1e9

/**
 * Memory bandwidth by the name that NVML gives a GPU, as its maker publishes it, in GB/s. Only what is certain by the
 * name alone: a variant with other memory (PCIe, NVL, Ti, D, laptop, server) is not in it, nor is a slice of a GPU.
 */
const BANDWIDTHS: readonly { readonly name: RegExp; readonly gbPerS: number; readonly source: string }[] = [
  { name: /\bGB10\b/i, gbPerS: 273, source: 'docs.nvidia.com/dgx/dgx-spark/hardware.html' },
  { name: /\bB200\b/i, gbPerS: 8000, source: 'nvidia.com/dgx-b200' },
  { name: /\bH200\b/i, gbPerS: 4800, source: 'nvidia.com/h200' },
  { name: /\bH100 80GB HBM3\b/i, gbPerS: 3350, source: 'H100 data sheet' },
  { name: /\bA100-SXM4-40GB\b/i, gbPerS: 1555, source: 'A100 data sheet' },
  { name: /\bA100-SXM4-80GB\b/i, gbPerS: 2039, source: 'A100 data sheet' },
  {
    name: /\bRTX PRO 6000 Blackwell(?: Max-Q)? Workstation Edition\b/i,
    gbPerS: 1792,
    source: 'RTX PRO 6000 data sheet'
  },
  { name: /\bRTX 6000 Ada\b/i, gbPerS: 960, source: 'RTX 6000 Ada data sheet' },
  { name: /\bL40S\b/i, gbPerS: 864, source: 'L40S data sheet' },
  { name: /\bGeForce RTX 5090$/i, gbPerS: 1792, source: 'nvidia.com/geforce' },
  { name: /\bGeForce RTX 4090$/i, gbPerS: 1008, source: 'nvidia.com/geforce' },
  { name: /\bGeForce RTX 3090$/i, gbPerS: 936, source: 'nvidia.com/geforce' },
  // Strix Halo: LPDDR5X-8000 on 256 bits.
  { name: /Strix Halo|Radeon 80[56]0S|Ryzen AI Max/i, gbPerS: 256, source: 'amd.com, Ryzen AI Max' }
]
/** A slice of a GPU has a share of its bandwidth. */
const SLICE = /\bMIG\b/i

/** Bytes per second that the memory of this GPU can be read with; null: it is not in the table. */
export const memoryBandwidth = (gpuName: string): number | null => {
  const found = SLICE.test(gpuName) ? undefined : BANDWIDTHS.find(({ name }) => name.test(gpuName.trim()))
  return found === undefined ? null : found.gbPerS * GB_PER_S
}

/**
 * Tokens per second for one request at most: each takes reading its weights and its cache once, and nothing reads
 * faster than the memory gives (the roofline model). Null where nothing is read, or the bandwidth is none.
 */
export function ceilingTokensPerS(
  activeWeightBytes: number,
  kvBytesRead: number,
  bandwidthBytesPerS: number
): number | null {
  const read = activeWeightBytes + kvBytesRead
  return read > 0 && bandwidthBytesPerS > 0 ? bandwidthBytesPerS / read : null
}

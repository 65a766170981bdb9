import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'

const BITS: Readonly<Record<string, number>> = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F16: 16,
  BF16: 16,
  I32: 32,
  F32: 32,
  I64: 64
}

export type SafetensorsContent = Readonly<
  Record<string, { readonly dtype: string; readonly shape: readonly number[] }>
>

/** The bytes in front of a safetensors file's tensors, and how long these are. */
export function safetensorsHeader(tensors: SafetensorsContent, metadata?: Readonly<Record<string, string>>) {
  let at = 0
  const entries = Object.entries(tensors).map(([name, { dtype, shape }]) => {
    const bits = BITS[dtype]
    if (bits === undefined) throw new Error(`the type ${dtype} has no size here`)
    const begin = at
    at += (shape.reduce((product, size) => product * size, 1) * bits) / 8
    return [name, { dtype, shape, data_offsets: [begin, at] }]
  })
  const json = JSON.stringify({
    ...(metadata === undefined ? {} : { __metadata__: metadata }),
    ...Object.fromEntries(entries)
  })
  return { header: withLength(json), dataBytes: at }
}

/** Any text behind its length, as a header is. */
export function withLength(text: string): Buffer {
  const body = Buffer.from(text)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(body.length))
  return Buffer.concat([length, body])
}

/** Writes a file with its full length and a hole where weights would be; returns the bytes of its tensors. */
export function writeSafetensors(path: string, tensors: SafetensorsContent): number {
  const { header, dataBytes } = safetensorsHeader(tensors)
  const fd = openSync(path, 'w')
  try {
    for (let at = 0; at < header.length;) at += writeSync(fd, header, at)
    ftruncateSync(fd, header.length + dataBytes)
  } finally {
    closeSync(fd)
  }
  return dataBytes
}

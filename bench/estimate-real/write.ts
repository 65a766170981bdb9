import { closeSync, openSync, writeSync } from 'node:fs'
import { layOut, type GgufContent } from '../../test/support/gguf-writer.ts'

const F32 = 0
const PIECE_BYTES = 1_048_576

/** Writes a whole model: halves around ±0.01 from a fixed seed, ones where llama.cpp wants full precision. */
export function writeModel(path: string, content: GgufContent): number {
  const { header, tensors, dataBytes } = layOut(content)
  const weights = randomHalves()
  const ones = repeated(1)
  // What decays must not grow: a state that is multiplied by more than one ends as no number.
  const minusOnes = repeated(-1)
  const fd = openSync(path, 'w')
  try {
    writeAll(fd, header)
    for (const { name, type, paddedBytes } of tensors) {
      const source = type !== F32 ? weights : name.endsWith('ssm_a') ? minusOnes : ones
      for (let left = paddedBytes; left > 0; left -= source.length) {
        writeAll(fd, source.subarray(0, Math.min(left, source.length)))
      }
    }
  } finally {
    closeSync(fd)
  }
  return header.length + dataBytes
}

function writeAll(fd: number, buffer: Buffer): void {
  for (let at = 0; at < buffer.length;) at += writeSync(fd, buffer, at)
}

const repeated = (given: number): Buffer => {
  const buffer = Buffer.alloc(PIECE_BYTES)
  for (let at = 0; at < buffer.length; at += 4) buffer.writeFloatLE(given, at)
  return buffer
}

function randomHalves(): Buffer {
  const buffer = Buffer.alloc(PIECE_BYTES)
  let state = 0x2545_f491
  for (let at = 0; at < buffer.length; at += 2) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const sign = state & 0x8000_0000 ? 0x8000 : 0
    buffer.writeUInt16LE(sign | 0x2000 | ((state >>> 12) & 0x3ff), at)
  }
  return buffer
}

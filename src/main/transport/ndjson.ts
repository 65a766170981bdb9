import { isUtf8 } from 'node:buffer'

const NEWLINE = 0x0a

export interface LineListener {
  line(text: string): void
  /** A line that is not UTF-8; reading goes on. */
  invalid(): void
  /** A line longer than allowed; nothing more is delivered. */
  tooLong(): void
}

/**
 * One JSON message per line over a byte stream.
 *
 * Lines are cut on bytes, so a character split over two chunks stays whole. Holds at most `maxBytes` of an
 * unfinished line. Returns the function that takes the chunks.
 */
export function createLineDecoder(maxBytes: number, listener: LineListener): (chunk: Buffer) => void {
  let parts: Buffer[] = []
  let heldBytes = 0
  let stopped = false

  const stop = (): void => {
    stopped = true
    parts = []
    listener.tooLong()
  }

  const finish = (last: Buffer): void => {
    const bytes = parts.length === 0 ? last : Buffer.concat([...parts, last])
    parts = []
    heldBytes = 0
    if (bytes.length === 0) return
    if (isUtf8(bytes)) listener.line(bytes.toString('utf8'))
    else listener.invalid()
  }

  return (chunk) => {
    let rest = chunk
    for (;;) {
      if (stopped || rest.length === 0) return
      const end = rest.indexOf(NEWLINE)
      const piece = end === -1 ? rest : rest.subarray(0, end)
      if (heldBytes + piece.length > maxBytes) return stop()
      if (end === -1) {
        parts.push(piece)
        heldBytes += piece.length
        return
      }
      finish(piece)
      rest = rest.subarray(end + 1)
    }
  }
}

import { Transform } from 'node:stream'

const HEADER_BYTES = 8
/** stdin, stdout, stderr. */
const MOST_STREAM = 2

/**
 * Takes the engine's frames apart: each is a header of one byte for the stream, three zeros, and a length in four,
 * then the text. Output of a container with a terminal has no frames and passes as it is.
 *
 * Holds no more than a header between two chunks, whatever length a frame claims.
 */
export function createLogFrames(): Transform {
  let header = Buffer.alloc(0)
  /** Of the frame that is being read. */
  let left = 0
  let isRaw = false
  let isFramed = false
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let at = 0
      while (at < chunk.length && !isRaw) {
        if (left > 0) {
          const end = Math.min(chunk.length, at + left)
          this.push(chunk.subarray(at, end))
          left -= end - at
          at = end
          continue
        }
        const end = Math.min(chunk.length, at + HEADER_BYTES - header.length)
        header = Buffer.concat([header, chunk.subarray(at, end)])
        at = end
        if (header.length < HEADER_BYTES) break
        isRaw = !isHeader(header)
        if (isRaw) this.push(header)
        else {
          isFramed = true
          left = header.readUInt32BE(4)
        }
        header = Buffer.alloc(0)
      }
      if (isRaw && at < chunk.length) this.push(chunk.subarray(at))
      done()
    },
    /** Fewer bytes than a header from a terminal are its text. */
    flush(done) {
      if (!isFramed && header.length > 0) this.push(header)
      done()
    }
  })
}

const isHeader = (header: Buffer): boolean =>
  (header[0] ?? MOST_STREAM + 1) <= MOST_STREAM && header[1] === 0 && header[2] === 0 && header[3] === 0

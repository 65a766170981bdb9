import { FIXED_HEADER_BYTES, type Incoming } from './message.ts'
import { decodeMessage, messageBytes } from './message-decode.ts'

/**
 * The largest message that is kept: a list of capabilities has some 300 bytes. What is larger is passed over without
 * being stored, so that no peer decides over the core's memory.
 */
export const MAX_KEPT_BYTES = 65_536

export interface MessageListener {
  message(message: Incoming): void
  /** The bytes are no D-Bus messages any more; nothing further is delivered. */
  broken(): void
}

/** Messages out of a byte stream. Returns the function that takes the chunks; holds at most MAX_KEPT_BYTES. */
export function createMessageDecoder(listener: MessageListener): (chunk: Buffer) => void {
  let held: Buffer = Buffer.alloc(0)
  let skipBytes = 0
  let broken = false

  return (chunk) => {
    let rest = chunk
    while (!broken) {
      if (skipBytes > 0) {
        const passed = Math.min(skipBytes, rest.length)
        skipBytes -= passed
        rest = rest.subarray(passed)
        if (skipBytes > 0) return
      }
      if (held.length > 0) {
        rest = Buffer.concat([held, rest])
        held = Buffer.alloc(0)
      }
      const total = rest.length < FIXED_HEADER_BYTES ? Infinity : messageBytes(rest)
      if (total === null) {
        broken = true
        listener.broken()
      } else if (total <= MAX_KEPT_BYTES && rest.length >= total) {
        const message = decodeMessage(rest.subarray(0, total))
        rest = rest.subarray(total)
        if (message !== null) listener.message(message)
      } else if (total > MAX_KEPT_BYTES && total !== Infinity) {
        skipBytes = total
      } else {
        // A copy: a piece of a chunk would keep the whole chunk.
        held = Buffer.from(rest)
        return
      }
    }
  }
}

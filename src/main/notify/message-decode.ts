import {
  alignUp,
  BIG_ENDIAN,
  FIELDS,
  FIXED_HEADER_BYTES,
  LITTLE_ENDIAN,
  MESSAGE_ALIGNMENT,
  PROTOCOL_VERSION,
  type Incoming,
  type Value
} from './message.ts'

/** The specification's limit for one message; a larger length means that the bytes are no D-Bus. */
const MAX_MESSAGE_BYTES = 128 * 1_048_576
/** An answer with more elements than this is no answer to a question of ours. */
const MAX_ELEMENTS = 1024

/** Bytes of the whole message that begins here; null: this is no message, and where the next begins is unknown. */
export function messageBytes(start: Buffer): number | null {
  const order = start[0]
  if ((order !== LITTLE_ENDIAN && order !== BIG_ENDIAN) || start[3] !== PROTOCOL_VERSION) return null
  const little = order === LITTLE_ENDIAN
  const uint32 = (at: number): number => (little ? start.readUInt32LE(at) : start.readUInt32BE(at))
  const total = alignUp(FIXED_HEADER_BYTES + uint32(12), MESSAGE_ALIGNMENT) + uint32(4)
  return total > MAX_MESSAGE_BYTES ? null : total
}

/** One whole message; null when its header makes no sense. Never throws. */
export function decodeMessage(bytes: Buffer): Incoming | null {
  const reader = createReader(bytes, bytes[0] === LITTLE_ENDIAN)
  reader.seek(4)
  const bodyLength = reader.uint32()
  const serial = reader.uint32()
  const fieldsEnd = FIXED_HEADER_BYTES + reader.uint32()
  const fields = readFields(reader, fieldsEnd)
  if (fields === null) return null

  const bodyStart = alignUp(fieldsEnd, MESSAGE_ALIGNMENT)
  const signature = textOf(fields, 'signature') ?? ''
  const fits = bodyStart + bodyLength === bytes.length
  const replySerial = fields.get(FIELDS.replySerial[0])
  return {
    type: bytes[1] ?? 0,
    serial,
    path: textOf(fields, 'path'),
    interface: textOf(fields, 'interface'),
    member: textOf(fields, 'member'),
    errorName: textOf(fields, 'errorName'),
    replySerial: typeof replySerial === 'number' ? replySerial : null,
    destination: textOf(fields, 'destination'),
    sender: textOf(fields, 'sender'),
    signature,
    body: fits ? readBody(bytes.subarray(bodyStart), signature, bytes[0] === LITTLE_ENDIAN) : null
  }
}

type Fields = ReadonlyMap<number, Value>

function textOf(fields: Fields, name: keyof typeof FIELDS): string | null {
  const value = fields.get(FIELDS[name][0])
  return typeof value === 'string' ? value : null
}

function readFields(reader: Reader, end: number): Fields | null {
  const fields = new Map<number, Value>()
  while (!reader.failed() && reader.position() < end) {
    reader.align(MESSAGE_ALIGNMENT)
    const code = reader.byte()
    const value = reader.value(reader.signature())
    if (value === null) return null
    fields.set(code, value)
  }
  return reader.failed() ? null : fields
}

function readBody(bytes: Buffer, signature: string, little: boolean): readonly Value[] | null {
  const reader = createReader(bytes, little)
  const values: Value[] = []
  for (const type of signature.match(/a?./g) ?? []) {
    const value = reader.value(type)
    if (value === null) return null
    values.push(value)
  }
  return values
}

interface Reader {
  byte(): number
  uint32(): number
  signature(): string
  /** One of y b u i s o g as; null for any other and where the bytes end. */
  value(type: string): Value | null
  align(alignment: number): void
  seek(position: number): void
  position(): number
  /** It has read past the end, and what it gave since is worthless. */
  failed(): boolean
}

function createReader(bytes: Buffer, little: boolean): Reader {
  let at = 0
  let failed = false

  const take = (count: number): number => {
    const from = at
    if (from + count > bytes.length) failed = true
    else at += count
    return failed ? -1 : from
  }
  const align = (alignment: number): void => {
    at = alignUp(at, alignment)
  }
  const byte = (): number => {
    const from = take(1)
    return from < 0 ? 0 : (bytes[from] ?? 0)
  }
  const uint32 = (): number => {
    align(4)
    const from = take(4)
    if (from < 0) return 0
    return little ? bytes.readUInt32LE(from) : bytes.readUInt32BE(from)
  }
  const text = (length: number): string => {
    const from = take(length + 1)
    return from < 0 ? '' : bytes.toString('utf8', from, from + length)
  }
  const strings = (): readonly string[] => {
    const length = uint32()
    const end = at + length
    const items: string[] = []
    for (let count = 0; count < MAX_ELEMENTS; count++) {
      if (failed || at >= end) break
      items.push(text(uint32()))
    }
    if (at !== end) failed = true
    return items
  }
  const read = (type: string): Value | null => {
    switch (type) {
      case 'y':
        return byte()
      case 'b':
        return uint32() !== 0
      case 'u':
        return uint32()
      case 'i':
        return uint32() | 0
      case 's':
      case 'o':
        return text(uint32())
      case 'g':
        return text(byte())
      case 'as':
        return strings()
      default:
        return null
    }
  }

  return {
    byte,
    uint32,
    signature: () => text(byte()),
    value(type) {
      const value = read(type)
      return failed ? null : value
    },
    align,
    seek(position) {
      at = position
    },
    position: () => at,
    failed: () => failed
  }
}

import {
  alignUp,
  FIELDS,
  LITTLE_ENDIAN,
  MESSAGE_ALIGNMENT,
  PROTOCOL_VERSION,
  type Argument,
  type Outgoing,
  type Variant
} from './message.ts'

/** One message as bytes, little endian. Strings must be free of NUL: see busText(). */
export function encodeMessage(message: Outgoing): Buffer {
  const body = createWriter()
  for (const argument of message.body) writeArgument(body, argument)
  const bodyBytes = body.bytes()

  const head = createWriter()
  head.byte(LITTLE_ENDIAN)
  head.byte(message.type)
  head.byte(message.flags)
  head.byte(PROTOCOL_VERSION)
  head.uint32(bodyBytes.length)
  head.uint32(message.serial)
  head.array(MESSAGE_ALIGNMENT, () => {
    const field = (name: keyof typeof FIELDS, value: string | number | undefined): void => {
      if (value === undefined || value === '') return
      const [code, type] = FIELDS[name]
      head.align(MESSAGE_ALIGNMENT)
      head.byte(code)
      head.signature(type)
      if (typeof value === 'number') head.uint32(value)
      else if (type === 'g') head.signature(value)
      else head.string(value)
    }
    field('path', message.path)
    field('interface', message.interface)
    field('member', message.member)
    field('errorName', message.errorName)
    field('replySerial', message.replySerial)
    field('destination', message.destination)
    field('signature', message.body.map((argument) => argument.type).join(''))
  })
  head.align(MESSAGE_ALIGNMENT)
  return Buffer.concat([head.bytes(), bodyBytes])
}

function writeArgument(writer: Writer, argument: Argument): void {
  switch (argument.type) {
    case 's':
      writer.string(argument.value)
      return
    case 'u':
      writer.uint32(argument.value)
      return
    case 'i':
      writer.int32(argument.value)
      return
    case 'as':
      writer.array(4, () => {
        for (const item of argument.value) writer.string(item)
      })
      return
    case 'a{sv}':
      writer.array(MESSAGE_ALIGNMENT, () => {
        for (const [key, variant] of Object.entries(argument.value)) {
          writer.align(MESSAGE_ALIGNMENT)
          writer.string(key)
          writeVariant(writer, variant)
        }
      })
  }
}

function writeVariant(writer: Writer, variant: Variant): void {
  writer.signature(variant.type)
  if (typeof variant.value === 'number') writer.byte(variant.value)
  else writer.string(variant.value)
}

interface Writer {
  byte(value: number): void
  uint32(value: number): void
  int32(value: number): void
  string(value: string): void
  signature(value: string): void
  align(alignment: number): void
  /** Length, padding to the elements' alignment (which does not count), elements. */
  array(alignment: number, elements: () => void): void
  bytes(): Buffer
}

/** Enough for every message here but those with long texts. */
const FIRST_BYTES = 512

function createWriter(): Writer {
  let buffer = Buffer.alloc(FIRST_BYTES)
  let used = 0

  const claim = (bytes: number): number => {
    const at = used
    used += bytes
    if (used > buffer.length) {
      const larger = Buffer.alloc(Math.max(used, buffer.length * 2))
      buffer.copy(larger)
      buffer = larger
    }
    return at
  }
  const align = (alignment: number): void => {
    claim(alignUp(used, alignment) - used)
  }
  const uint32 = (value: number): void => {
    align(4)
    const at = claim(4)
    buffer.writeUInt32LE(value, at)
  }
  /** The end byte stays 0, as the buffer is. */
  const text = (bytes: Buffer): void => {
    const at = claim(bytes.length + 1)
    bytes.copy(buffer, at)
  }

  return {
    byte(value) {
      const at = claim(1)
      buffer.writeUInt8(value, at)
    },
    uint32,
    int32(value) {
      align(4)
      const at = claim(4)
      buffer.writeInt32LE(value, at)
    },
    string(value) {
      const bytes = Buffer.from(value, 'utf8')
      uint32(bytes.length)
      text(bytes)
    },
    signature(value) {
      const bytes = Buffer.from(value, 'latin1')
      const at = claim(1)
      buffer.writeUInt8(bytes.length, at)
      text(bytes)
    },
    align,
    array(alignment, elements) {
      uint32(0)
      const lengthAt = used - 4
      align(alignment)
      const start = used
      elements()
      buffer.writeUInt32LE(used - start, lengthAt)
    },
    bytes: () => buffer.subarray(0, used)
  }
}

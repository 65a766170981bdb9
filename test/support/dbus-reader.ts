/**
 * Reads D-Bus messages of any signature: the tests' own reader, written apart from the one in src, so that a mistake
 * of one is not hidden by the other.
 */
export interface ReadMessage {
  readonly type: number
  readonly serial: number
  readonly replySerial: number
  readonly member: string
  readonly sender: string
  readonly errorName: string
  readonly signature: string
  readonly body: readonly unknown[]
}

/** The first message in `bytes`; null when it is not whole yet. */
export function readMessage(bytes: Buffer): { readonly message: ReadMessage; readonly bytes: number } | null {
  if (bytes.length < 16) return null
  if (bytes[0] !== 0x6c) throw new Error('only little endian')
  const bodyStart = Math.ceil((16 + bytes.readUInt32LE(12)) / 8) * 8
  const end = bodyStart + bytes.readUInt32LE(4)
  if (bytes.length < end) return null
  const [fields] = read(bytes, 12, 'a(yv)').values as [[number, unknown][]]
  const field = (code: number): unknown => fields.find(([own]) => own === code)?.[1]
  const signature = String(field(8) ?? '')
  const body = read(bytes.subarray(bodyStart, end), 0, signature)
  if (body.at !== end - bodyStart) throw new Error('bytes are left in the body')
  const message = {
    type: bytes[1]!,
    serial: bytes.readUInt32LE(8),
    replySerial: Number(field(5) ?? 0),
    member: String(field(3) ?? ''),
    sender: String(field(7) ?? ''),
    errorName: String(field(4) ?? ''),
    signature,
    body: body.values
  }
  return { message, bytes: end }
}

const ALIGNMENT: Readonly<Record<string, number>> = {
  y: 1,
  g: 1,
  v: 1,
  n: 2,
  q: 2,
  x: 8,
  t: 8,
  d: 8,
  '(': 8,
  '{': 8
}

/** Length of the first complete type of a signature. */
function typeLength(signature: string): number {
  const first = signature[0]
  if (first === 'a') return 1 + typeLength(signature.slice(1))
  if (first !== '(' && first !== '{') return 1
  let at = 1
  while (signature[at] !== ')' && signature[at] !== '}') at += typeLength(signature.slice(at))
  return at + 1
}

function read(bytes: Buffer, start: number, signature: string): { values: unknown[]; at: number } {
  let at = start
  const align = (to: number): void => {
    at = Math.ceil(at / to) * to
  }
  const number = (size: 4, get: (at: number) => number): number => {
    align(size)
    at += size
    return get(at - size)
  }
  const uint32 = (): number => number(4, (from) => bytes.readUInt32LE(from))
  const text = (length: number): string => {
    const found = bytes.toString('utf8', at, at + length)
    if (bytes[at + length] !== 0) throw new Error('a string without its end')
    at += length + 1
    return found
  }
  const sequence = (types: string): unknown[] => {
    const values: unknown[] = []
    for (let rest = types; rest !== ''; rest = rest.slice(typeLength(rest))) {
      values.push(one(rest.slice(0, typeLength(rest))))
    }
    return values
  }
  const array = (element: string): unknown => {
    const length = uint32()
    align(ALIGNMENT[element[0]!] ?? 4)
    const end = at + length
    const items: unknown[] = []
    for (;;) {
      if (at >= end) break
      items.push(one(element))
    }
    return element.startsWith('{') ? Object.fromEntries(items as [string, unknown][]) : items
  }
  const one = (type: string): unknown => {
    align(ALIGNMENT[type[0]!] ?? 4)
    switch (type[0]) {
      case 'y':
        return bytes[at++]
      case 'b':
        return uint32() === 1
      case 'u':
        return uint32()
      case 'i':
        return number(4, (from) => bytes.readInt32LE(from))
      case 's':
      case 'o':
        return text(uint32())
      case 'g':
        return text(bytes[at++]!)
      case 'v':
        return sequence(text(bytes[at++]!))[0]
      case 'a':
        return array(type.slice(1))
      case '(':
      case '{':
        return sequence(type.slice(1, -1))
      default:
        throw new Error(`no type ${type}`)
    }
  }
  const values = sequence(signature)
  return { values, at }
}

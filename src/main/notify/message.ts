/**
 * The part of the D-Bus wire format that notifications need (specification 0.43, 'Message Protocol').
 *
 * Ours, because it runs in the core: a reply that is cut, garbled or huge must end in a value, not in an exception
 * out of a socket's callback or in a buffer of its size, and nothing may be loaded from the disk at the very moment
 * when memory is short.
 */
export const METHOD_CALL = 1
export const METHOD_RETURN = 2
export const ERROR = 3
export const SIGNAL = 4

/** Nobody wants the answer. */
export const NO_REPLY_EXPECTED = 0x1

export type Value = string | number | boolean | readonly string[]

/** A value of the `a{sv}` dictionary: y = byte, s = string. */
export interface Variant {
  readonly type: 'y' | 's'
  readonly value: number | string
}

export type Argument =
  | { readonly type: 's'; readonly value: string }
  | { readonly type: 'u' | 'i'; readonly value: number }
  | { readonly type: 'as'; readonly value: readonly string[] }
  | { readonly type: 'a{sv}'; readonly value: Readonly<Record<string, Variant>> }

export interface Outgoing {
  readonly type: number
  readonly flags: number
  readonly serial: number
  readonly path?: string
  readonly interface?: string
  readonly member?: string
  readonly errorName?: string
  readonly replySerial?: number
  readonly destination?: string
  readonly body: readonly Argument[]
}

export interface Incoming {
  readonly type: number
  readonly serial: number
  readonly path: string | null
  readonly interface: string | null
  readonly member: string | null
  readonly errorName: string | null
  readonly replySerial: number | null
  readonly destination: string | null
  readonly sender: string | null
  readonly signature: string
  /** Null: it does not fit its signature, or has a type that nothing here uses. */
  readonly body: readonly Value[] | null
}

/** Header fields: their code on the wire and their type. */
export const FIELDS = {
  path: [1, 'o'],
  interface: [2, 's'],
  member: [3, 's'],
  errorName: [4, 's'],
  replySerial: [5, 'u'],
  destination: [6, 's'],
  sender: [7, 's'],
  signature: [8, 'g']
} as const

/** Bytes before the header fields: byte order, type, flags, version, body length, serial, length of the fields. */
export const FIXED_HEADER_BYTES = 16
export const PROTOCOL_VERSION = 1
export const LITTLE_ENDIAN = 0x6c
export const BIG_ENDIAN = 0x42
/** Header and body begin at a multiple of this. */
export const MESSAGE_ALIGNMENT = 8

export const alignUp = (offset: number, alignment: number): number =>
  Math.ceil(offset / alignment) * alignment

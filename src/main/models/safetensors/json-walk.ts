import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ByteWindow } from '../byte-window.ts'
import { damaged } from '../model-problem.ts'
import {
  CLOSE,
  COLON,
  COMMA,
  endOfNested,
  endOfScalar,
  endOfText,
  newNesting,
  OPEN,
  OPEN_LIST,
  pastBlanks,
  QUOTE
} from './json-bytes.ts'

/** Longest member that is looked at, name and value; real ones have some hundred bytes. */
const MAX_MEMBER_BYTES = 65_536
/** The event loop has a turn after so long: longer ones are felt in what else the core does. */
const HELD_MS = 8

/** What is said of bytes that are not as they should be, behind the file's name: 'is damaged: …'. */
export interface WalkWords {
  readonly cutOff: string
  readonly unlike: string
}

/** A member's value as it lies in memory: from `at`, with no more than the longest member's bytes. */
export interface MemberValue {
  readonly bytes: Buffer
  readonly at: number
}

/** Walks JSON in a window of bytes, one member in memory at a time: parsed as a whole, millions take a gigabyte. */
export interface JsonWalk {
  /** True where an object opens here; it is entered. */
  enter(): Promise<boolean>
  /** Members of the object that was entered. `each` passes over the value by one of the three below. */
  members(each: (name: string, value: MemberValue) => Promise<void> | void): Promise<void>
  /** Takes a value of no more bytes than the longest member has. */
  take(value: MemberValue): unknown
  /** Passes over whatever value, however long an object or list is. */
  pass(value: MemberValue): Promise<void>
  /** Goes to the value, to enter it. */
  goTo(value: MemberValue): void
}

export function walkJson(window: ByteWindow, end: number, words: WalkWords): JsonWalk {
  let turnedMs = performance.now()
  const more = async (bytes: number): Promise<Buffer> => {
    if (performance.now() - turnedMs > HELD_MS) {
      await nextTurn()
      turnedMs = performance.now()
    }
    const left = end - window.position
    if (left <= 0) throw damaged(words.cutOff)
    await window.fill(Math.min(bytes, left))
    return window.rest
  }
  const past = (bytes: Buffer, at: number, expected: number): number => {
    if (bytes[at] !== expected) throw damaged(words.unlike)
    return at + 1
  }
  const parse = (bytes: Buffer, from: number, to: number): unknown => {
    try {
      return JSON.parse(bytes.toString('utf8', from, to))
    } catch {
      throw damaged(words.unlike)
    }
  }
  return {
    async enter() {
      const bytes = await more(MAX_MEMBER_BYTES)
      const at = pastBlanks(bytes, 0)
      if (bytes[at] !== OPEN) return false
      window.skip(at + 1)
      return true
    },
    async members(each) {
      for (let isFirst = true; ; isFirst = false) {
        const bytes = await more(MAX_MEMBER_BYTES)
        let at = pastBlanks(bytes, 0)
        if (bytes[at] === CLOSE) {
          window.skip(at + 1)
          return
        }
        if (!isFirst) at = pastBlanks(bytes, past(bytes, at, COMMA))
        const endOfName = endOfText(bytes, at)
        const name = parse(bytes, at, endOfName)
        if (typeof name !== 'string') throw damaged(words.unlike)
        at = pastBlanks(bytes, past(bytes, pastBlanks(bytes, endOfName), COLON))
        await each(name, { bytes, at })
      }
    },
    take({ bytes, at }) {
      const first = bytes[at]
      const end =
        first === OPEN || first === OPEN_LIST
          ? endOfNested(bytes, at, newNesting())
          : first === QUOTE
            ? endOfText(bytes, at)
            : endOfScalar(bytes, at)
      if (end === null) throw damaged(words.unlike)
      const value = parse(bytes, at, end)
      window.skip(end)
      return value
    },
    async pass(value) {
      const first = value.bytes[value.at]
      if (first !== OPEN && first !== OPEN_LIST) {
        this.take(value)
        return
      }
      const nesting = newNesting()
      window.skip(value.at)
      for (let bytes = window.rest; ; bytes = await more(1)) {
        const end = endOfNested(bytes, 0, nesting)
        window.skip(end ?? bytes.length)
        if (end !== null) return
      }
    },
    goTo: ({ at }) => window.skip(at)
  }
}

import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { createLogStore } from '../../../src/renderer/src/stores/log.ts'
import {
  MAX_TEXT_CHARS,
  addText,
  addition,
  wholeText,
  type LogBlock
} from '../../../src/renderer/src/stores/log-text.ts'
import { createClient } from '../../../src/shared/contract/client.ts'
import type { WireRequest } from '../../../src/shared/contract/wire.ts'
import { disposable } from '../../../src/shared/util/disposable.ts'

const ID = 'tiny'
const bytes = (text: string): number => new TextEncoder().encode(text).length

/** A core with a log file; `hold` keeps the first read's answer back until it is called. */
function opened() {
  let file = ''
  const asked: WireRequest[] = []
  let release: () => void = () => undefined
  let held: Promise<void> = Promise.resolve()
  const client = createClient({
    async request(message) {
      asked.push(message)
      const value =
        message.command === 'runners.log' ? { text: file, fromOffset: 0, nextOffset: bytes(file) } : {}
      if (message.command === 'runners.log') await held
      return { v: 1, id: message.id, ok: true, value }
    },
    onEvent: () => disposable(() => undefined)
  })
  const store = createLogStore(client)
  return {
    store,
    asked,
    text: () => wholeText(store.getState().blocks),
    write(text: string): void {
      file += text
    },
    hold(): void {
      held = new Promise((settle) => {
        release = settle
      })
    },
    release: () => release(),
    tell(text: string, fromOffset: number): void {
      store.getState().append({ id: ID, text, fromOffset, nextOffset: fromOffset + bytes(text) })
    }
  }
}

describe('the open log', () => {
  test('a first chunk that reaches back before the first read repeats no line', async () => {
    const { store, write, tell, text } = opened()
    write('one\nzwölf\n')
    await store.getState().open(ID)
    tell('zwölf\ndrei\n', 4)
    expect(text()).toBe('one\nzwölf\ndrei\n')
    tell('ölf\n', 6)
    expect(text()).toBe('one\nzwölf\ndrei\n')
  })

  test('text told while the first read is under way is neither lost nor repeated', async () => {
    const { store, write, tell, text, hold, release } = opened()
    write('one\ntwo\n')
    hold()
    const reading = store.getState().open(ID)
    tell('two\nthree\n', 4)
    release()
    await reading
    expect(text()).toBe('one\ntwo\nthree\n')
  })

  test('a gap is named', async () => {
    const { store, write, tell, text } = opened()
    write('one\n')
    await store.getState().open(ID)
    tell('last\n', 4 + 2048)
    expect(text()).toMatch(/^one\n\n… 2\.0 KiB left out here.*log file has it …\nlast\n$/)
  })

  test('only a file that begins anew empties the pane, no late chunk', async () => {
    const { store, write, tell, text } = opened()
    write('one\ntwo\nthree\n')
    await store.getState().open(ID)
    tell('two\n', 4)
    expect(text()).toBe('one\ntwo\nthree\n')
    tell('new\n', 0)
    expect(text()).toBe('new\n')
  })

  test('is followed while it is open and no longer', async () => {
    const { store, asked } = opened()
    await store.getState().open(ID)
    store.getState().close()
    await vi.waitFor(() =>
      expect(asked.map((one) => [one.command, one.input])).toEqual([
        ['events.subscribe', { events: ['log'] }],
        ['runners.log', { id: ID, offset: null, maxBytes: 65_536 }],
        ['events.unsubscribe', { events: ['log'] }]
      ])
    )
  })
})

describe('the text of a log', () => {
  test('is kept whole up to its bound, and a full block is never drawn again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', maxLength: 60 }).map((text) => text.repeat(300))),
        (all) => {
          let blocks: readonly LogBlock[] = []
          for (const text of all) {
            const before = blocks
            blocks = addText(blocks, text)
            const kept = before.slice(0, -1).filter((one) => blocks.some((each) => each.key === one.key))
            expect(kept.every((one) => blocks.includes(one))).toBe(true)
          }
          const shown = wholeText(blocks)
          expect(shown.length).toBeLessThanOrEqual(MAX_TEXT_CHARS)
          expect(all.join('').endsWith(shown)).toBe(true)
          expect(shown.length).toBeGreaterThan(Math.min(all.join('').length, MAX_TEXT_CHARS - 20_000) - 1)
          expect(new Set(blocks.map((one) => one.key)).size).toBe(blocks.length)
        }
      ),
      { numRuns: 40 }
    )
  })

  test('any overlap is cut off exactly', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 9 }), { minLength: 3, maxLength: 9 }),
        fc.nat(),
        fc.nat(),
        (parts, a, b) => {
          const from = Math.min(a % parts.length, b % parts.length)
          const seen = Math.max(a % parts.length, b % parts.length)
          const upTo = (count: number): string => parts.slice(0, count).join('')
          const piece = {
            text: parts.slice(from).join(''),
            fromOffset: bytes(upTo(from)),
            nextOffset: bytes(upTo(parts.length))
          }
          expect(addition(piece, bytes(upTo(seen))) ?? '').toBe(parts.slice(seen).join(''))
        }
      )
    )
  })
})

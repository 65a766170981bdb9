import { closeSync, mkdirSync, mkdtempSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  MAX_LOG_BYTES,
  openLogFile,
  wholeCharacters
} from '../../../../src/main/runners/supervisor/log-file.ts'
import type { LogPiece } from '../../../../src/main/runners/supervisor/types.ts'
import { createLogFollower } from '../../../../src/main/runners/supervisor/log-follower.ts'

let dir = ''
let path = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-log-'))
  path = join(dir, 'logs', 'tiny.log')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

test('no log yet: no text, no failure', () => {
  expect(openLogFile(path).read(null, 100)).toEqual({ text: '', fromOffset: 0, nextOffset: 0 })
})

test('the tail, then what was added since', () => {
  const log = openLogFile(path)
  const fd = log.openForRunner('first')
  const tail = log.read(null, 3)
  expect(tail).toEqual({ text: 'st\n', fromOffset: 3, nextOffset: 6 })
  writeSync(fd, 'more')
  expect(log.read(tail.nextOffset, 100)).toEqual({ text: 'more', fromOffset: 6, nextOffset: 10 })
  expect(log.read(10, 100)).toEqual({ text: '', fromOffset: 10, nextOffset: 10 })
  closeSync(fd)
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('rotation keeps disk bounded, loses no line to a reader, and offsets go on', () => {
  const log = openLogFile(path)
  const fd = log.openForRunner('start')
  const filler = 'x'.repeat(1_048_576)
  for (let round = 0; round < 20; round += 1) {
    writeSync(fd, filler)
    log.rotateIfLarge()
  }
  const before = log.endOffset()
  writeSync(fd, 'after rotation')
  expect(log.read(before, 100)).toEqual({
    text: 'after rotation',
    fromOffset: before,
    nextOffset: before + 14
  })
  expect(before).toBe(20 * 1_048_576 + 6)
  expect(statSync(path).size).toBeLessThan(MAX_LOG_BYTES + 1_048_576)
  expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(MAX_LOG_BYTES + 1_048_576)
  expect(statSync(`${path}.1`).mode & 0o777).toBe(0o600)
  // From before the rotation: what there still is.
  expect(log.read(3, 5).text).toBe('xxxxx')
  closeSync(fd)
})

test('the follower tells new text once, and nothing twice', () => {
  const log = openLogFile(path)
  const follower = createLogFollower(log, () => undefined)
  const heard: string[] = []
  const poll = (): void => follower.poll(({ text }) => heard.push(text))
  const fd = log.openForRunner('start')
  poll()
  poll()
  writeSync(fd, 'später')
  poll()
  follower.poll(null)
  expect(heard).toEqual(['start\n', 'später'])
  closeSync(fd)
})

test('the follower says where its text begins, so that a flood leaves a gap that can be seen', () => {
  const log = openLogFile(path)
  const follower = createLogFollower(log, () => undefined)
  const pieces: LogPiece[] = []
  const fd = log.openForRunner('start')
  follower.poll((piece) => pieces.push(piece))
  writeSync(fd, 'x'.repeat(200_000))
  follower.poll((piece) => pieces.push(piece))
  const [first, second] = pieces
  expect(first).toEqual({ text: 'start\n', fromOffset: 0, nextOffset: 6 })
  expect(second?.nextOffset).toBe(200_006)
  expect(second?.fromOffset).toBe(200_006 - (second?.text.length ?? 0))
  expect(second?.fromOffset).toBeGreaterThan(6)
  closeSync(fd)
})

test('a log that cannot be kept is cut all the same, leaves no part of a copy, and is told once', () => {
  const log = openLogFile(path)
  const told: string[] = []
  const follower = createLogFollower(log, ({ text }) => told.push(text))
  const fd = log.openForRunner('start')
  // No room for the copy: its name is a folder's.
  mkdirSync(`${path}.1`)
  for (let round = 0; round < 2; round += 1) {
    writeSync(fd, Buffer.alloc(MAX_LOG_BYTES + 1, 'x'))
    follower.poll(null)
    expect(statSync(path).size).toBe(0)
  }
  expect(told).toHaveLength(1)
  expect(told[0]).toContain('could not be kept')
  closeSync(fd)
})

test('a log that somebody removed is told once', () => {
  const log = openLogFile(path)
  const told: string[] = []
  const follower = createLogFollower(log, ({ text }) => told.push(text))
  const fd = log.openForRunner('start')
  follower.poll(null)
  expect(told).toEqual([])
  rmSync(path)
  follower.poll(null)
  follower.poll(null)
  expect(told).toHaveLength(1)
  expect(told[0]).toContain('was removed')
  closeSync(fd)
  // The next launch makes a new one, and all is well again.
  closeSync(log.openForRunner('again'))
  follower.poll(null)
  expect(told).toHaveLength(1)
})

test('any cut of any text: pieces put together are the text, and no piece ends inside a character', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.integer({ min: 4, max: 9 }),
      (text, size) => {
        const bytes = Buffer.from(text)
        let out = ''
        for (let at = 0; at < bytes.length;) {
          const piece = bytes.subarray(at, at + size)
          const length = wholeCharacters(piece)
          out += piece.toString('utf8', 0, length)
          at += length
        }
        expect(out).toBe(text)
      }
    )
  )
})

test('bytes that are no text still move on', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), (bytes) => {
      const length = wholeCharacters(Buffer.from(bytes))
      expect(length).toBeGreaterThan(0)
      expect(length).toBeLessThanOrEqual(bytes.length)
    })
  )
})

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { beginWriteFileAtomic } from '../../../../src/main/platform/atomic-file.ts'
import { createGatheredWrites, type GatheredWrites } from '../../../../src/main/platform/gathered-writes.ts'
import { until } from '../../../support/until.ts'

let dir = ''
let written: string[] = []
let failed: string[] = []
let writes: GatheredWrites
const path = (name: string): string => join(dir, 'kept', name)
const gathering = (everyMs: number): GatheredWrites =>
  createGatheredWrites({
    everyMs,
    onWritten: (one) => written.push(one),
    onFailed: (one) => failed.push(one)
  })
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-gathered-'))
  written = []
  failed = []
})
afterEach(() => {
  writes.close()
  rmSync(dir, { recursive: true, force: true })
})

describe('gathered writes', () => {
  it('begin at once, and then write the newest text of each file alone', async () => {
    writes = gathering(60_000)
    writes.put(path('a'), () => 'one')
    expect(existsSync(path('a'))).toBe(false)
    await until('the first', () => written.length === 1)
    expect(readFileSync(path('a'), 'utf8')).toBe('one')
    expect(statSync(path('a')).mode & 0o777).toBe(0o600)
    let made = 0
    for (const text of ['two', 'three', 'four']) {
      writes.put(path('a'), () => {
        made += 1
        return text
      })
    }
    expect(readFileSync(path('a'), 'utf8')).toBe('one')
    writes.close()
    expect(readFileSync(path('a'), 'utf8')).toBe('four')
    expect(made).toBe(1)
    expect(written).toEqual([path('a'), path('a')])
  })

  it('go on by themselves', async () => {
    writes = gathering(20)
    for (const text of ['one', 'two', 'three']) {
      writes.put(path('a'), () => text)
      await until(text, () => existsSync(path('a')) && readFileSync(path('a'), 'utf8') === text)
    }
    expect(failed).toEqual([])
  })

  it('leave the newest text and nothing else when they are closed amid a write', async () => {
    writes = gathering(60_000)
    const text = 'x'.repeat(1024 ** 2)
    writes.put(path('a'), () => text)
    writes.put(path('b'), () => 'b')
    writes.put(path('a'), () => 'the newest')
    writes.close()
    expect(readFileSync(path('a'), 'utf8')).toBe('the newest')
    expect(readFileSync(path('b'), 'utf8')).toBe('b')
    writes.put(path('c'), () => 'c')
    expect(readFileSync(path('c'), 'utf8')).toBe('c')
    await until('the temporary file to be gone', () => readdirSync(join(dir, 'kept')).join() === 'a,b,c')
    expect(readFileSync(path('a'), 'utf8')).toBe('the newest')
  })

  it('say what failed, and let a file be that is not wanted any more', async () => {
    writeFileSync(join(dir, 'kept'), 'a file where the folder should be')
    writes = gathering(60_000)
    writes.put(path('a'), () => 'one')
    await until('the failure', () => failed.length === 1)
    expect(failed).toEqual([path('a')])
    rmSync(join(dir, 'kept'))
    writes.put(path('a'), () => 'two')
    writes.drop(path('a'))
    writes.close()
    expect(existsSync(path('a'))).toBe(false)
  })
})

describe('a write under way', () => {
  it('replaces nothing once it is cancelled, wherever it is', async () => {
    writes = gathering(60_000)
    for (let round = 0; round < 20; round += 1) {
      const write = beginWriteFileAtomic(path('a'), 'old')
      const end = write.done.catch(() => undefined)
      for (let turn = 0; turn < round; turn += 1) await new Promise((settle) => void setImmediate(settle))
      write.cancel()
      rmSync(path('a'), { force: true })
      await end
      expect(existsSync(path('a'))).toBe(false)
    }
    expect(readdirSync(join(dir, 'kept'))).toEqual([])
  })
})

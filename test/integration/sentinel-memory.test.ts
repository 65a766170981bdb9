import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Rights } from '../../src/main/sentinel/rights.ts'

const LOCKED_HEAP = resolve(import.meta.dirname, '../support/locked-heap.ts')
const IS_ROOT = process.getuid?.() === 0

describe('what the sentinel locks in memory', () => {
  it('lets V8 give pages of its heap back: the kernel refuses that for locked ones, and V8 ends the process', () => {
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', LOCKED_HEAP], {
      encoding: 'utf8'
    })
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
    const rights = JSON.parse(stdout) as Rights
    if (IS_ROOT) expect(rights.memoryLocked, rights.notes.join(' ')).toBe(true)
    else expect(rights.memoryLocked || rights.notes.some((note) => note.includes('not locked'))).toBe(true)
  })
})

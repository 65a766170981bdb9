import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runHelper } from '../../../../src/main/helper/run-helper.ts'
import { tempRoots, type TempRoots } from './temp-roots.ts'

let machine: TempRoots
beforeEach(() => {
  machine = tempRoots()
  machine.write('proc/sys/vm/drop_caches', '0\n')
  machine.write('proc/sys/vm/compact_memory', '0\n')
})
afterEach(() => machine.remove())

describe('the helper', () => {
  it('does nothing for anybody but root', () => {
    expect(runHelper(['drop-caches'], 1000, machine.roots)).toMatchObject({ error: { exitCode: 3 } })
    expect(machine.read('proc/sys/vm/drop_caches')).toBe('0\n')
  })

  it('checks the words before anything else', () => {
    expect(runHelper(['drop-caches', '--root', '/'], 0, machine.roots)).toMatchObject({
      error: { exitCode: 2 }
    })
    expect(machine.read('proc/sys/vm/drop_caches')).toBe('0\n')
  })

  it('drops caches and compacts memory', () => {
    expect(runHelper(['drop-caches'], 0, machine.roots).ok).toBe(true)
    expect(machine.read('proc/sys/vm/drop_caches')).toBe('3\n')
    expect(runHelper(['compact-memory'], 0, machine.roots).ok).toBe(true)
    expect(machine.read('proc/sys/vm/compact_memory')).toBe('1\n')
  })

  it('makes no file where the kernel has none', () => {
    const path = join(machine.roots.proc, 'sys/vm/compact_memory')
    rmSync(path)
    expect(runHelper(['compact-memory'], 0, machine.roots)).toMatchObject({ error: { exitCode: 4 } })
    expect(() => machine.read('proc/sys/vm/compact_memory')).toThrow('ENOENT')
  })
})

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createProcessTree } from '../../../../src/main/runners/supervisor/process-tree.ts'
import { processRow as row } from '../../../support/fake-machine.ts'

const root = { pid: 100, startTicks: 1000 }
const ROOT = row({ pid: 100, processGroupId: 100 })
const STRANGER = row({ pid: 900, processGroupId: 900 })
const pids = (items: readonly { readonly pid: number }[]): number[] => items.map((item) => item.pid).sort()

describe('process tree', () => {
  test('takes the group and all descendants, and nobody else', () => {
    const tree = createProcessTree(root, 100)
    const table = [
      ROOT,
      row({ pid: 101, parentPid: 100, processGroupId: 100 }),
      row({ pid: 102, parentPid: 101, processGroupId: 102 }),
      row({ pid: 103, parentPid: 102, processGroupId: 103 }),
      row({ pid: 104, parentPid: 1, processGroupId: 100 }),
      STRANGER
    ]
    expect(pids(tree.scan(table))).toEqual([100, 101, 102, 103, 104])
  })

  test('remembers a child that left group and parent, and takes its later children too', () => {
    const tree = createProcessTree(root, 100)
    tree.scan([ROOT, row({ pid: 102, parentPid: 100, processGroupId: 102 })])
    const later = [
      row({ pid: 102, parentPid: 1, processGroupId: 102 }),
      row({ pid: 103, parentPid: 102 }),
      STRANGER
    ]
    expect(pids(tree.scan(later))).toEqual([102, 103])
  })

  test('a pid that was given to another process is not ours any more', () => {
    const tree = createProcessTree(root, 100)
    tree.scan([ROOT, row({ pid: 102, parentPid: 100, processGroupId: 102 })])
    const reused = row({ pid: 102, parentPid: 1, processGroupId: 102, startTicks: 77_777 })
    expect(pids(tree.scan([reused]))).toEqual([])
  })

  test('a group number that was given to another leader is not ours any more', () => {
    const tree = createProcessTree(root, 100)
    const foreign = { ...ROOT, startTicks: 55_555 }
    expect(tree.scan([foreign, row({ pid: 105, parentPid: 100, processGroupId: 100 })])).toEqual([])
  })

  test('an empty group is given up for good', () => {
    const tree = createProcessTree(root, 100)
    tree.scan([STRANGER])
    expect(tree.scan([row({ pid: 105, parentPid: 1, processGroupId: 100 })])).toEqual([])
  })

  test('whether one is spared is asked once and kept, and asked anew before a signal', () => {
    const asked: number[] = []
    let spared = new Set([102])
    const tree = createProcessTree(root, 100, [], ({ pid }) => {
      asked.push(pid)
      return spared.has(pid)
    })
    const table = [
      ROOT,
      row({ pid: 101, parentPid: 100, processGroupId: 100 }),
      row({ pid: 102, parentPid: 100, processGroupId: 102 }),
      row({ pid: 103, parentPid: 102, processGroupId: 102 })
    ]
    expect(pids(tree.scan(table, undefined, false))).toEqual([100, 101])
    expect(asked.splice(0).sort()).toEqual([101, 102, 103])
    expect(pids(tree.scan(table, undefined, false))).toEqual([100, 101])
    expect(asked).toEqual([])
    // Another program in its place, which its name shows.
    const other = table.map((item) => (item.pid === 101 ? { ...item, name: 'vllm' } : item))
    tree.scan(other, undefined, false)
    expect(asked.splice(0)).toEqual([101])
    // One of the same name.
    spared = new Set([101, 102])
    expect(pids(tree.scan(other))).toEqual([100])
    expect(asked.splice(0).sort()).toEqual([101, 102, 103])
    // And in figures after a while, though nobody asked for it.
    spared = new Set([102])
    for (let scan = 0; scan < 30; scan += 1) tree.scan(other, undefined, false)
    expect(pids(tree.scan(other, undefined, false))).toEqual([100, 101])
    expect(asked.sort()).toEqual([101, 102, 103])
  })

  test('zombies are gone', () => {
    const tree = createProcessTree(root, 100)
    expect(tree.scan([{ ...ROOT, state: 'Z' }])).toEqual([])
  })

  test('never init, never the core itself', () => {
    const tree = createProcessTree(root, 100)
    const self = row({ pid: process.pid, parentPid: 100, processGroupId: 100 })
    expect(pids(tree.scan([ROOT, self, row({ pid: 1, parentPid: 0 })], new Set([1, process.pid])))).toEqual([
      100
    ])
  })

  test('any table, loops of parents too: ends, and every member has a reason to be one', () => {
    const anyRow = fc.record({
      pid: fc.integer({ min: 1, max: 40 }),
      parentPid: fc.integer({ min: 0, max: 40 }),
      processGroupId: fc.integer({ min: 1, max: 40 })
    })
    const table = fc.uniqueArray(anyRow, { selector: (item) => item.pid, maxLength: 40 })
    fc.assert(
      fc.property(table, (rows) => {
        const processes = rows.map((item) => row(item))
        const members = createProcessTree({ pid: 7, startTicks: 70 }, 7).scan(processes)
        const inTree = new Set(members.map((item) => item.pid))
        for (const item of members) {
          expect(item.pid === 7 || item.processGroupId === 7 || inTree.has(item.parentPid)).toBe(true)
        }
      })
    )
  })
})

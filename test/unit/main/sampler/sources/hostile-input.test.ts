import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseBuddyInfo } from '../../../../../src/main/sampler/sources/buddyinfo.parse.ts'
import { parseCpuTimes } from '../../../../../src/main/sampler/sources/cpu.parse.ts'
import { parseDiskStats } from '../../../../../src/main/sampler/sources/disk.parse.ts'
import { parseMemInfo } from '../../../../../src/main/sampler/sources/meminfo.parse.ts'
import { parseNetDev } from '../../../../../src/main/sampler/sources/net.parse.ts'
import { parsePressure } from '../../../../../src/main/sampler/sources/pressure.parse.ts'
import { parseCgroup, parseCommandLine } from '../../../../../src/main/sampler/sources/process-facts.parse.ts'
import { parseProcessStat } from '../../../../../src/main/sampler/sources/process-stat.parse.ts'
import { parseProcessStatus } from '../../../../../src/main/sampler/sources/process-status.parse.ts'
import { parseTemperature } from '../../../../../src/main/sampler/sources/thermal.parse.ts'
import { parseVmStat } from '../../../../../src/main/sampler/sources/vmstat.parse.ts'
import { parsePerCpuFreePages } from '../../../../../src/main/sampler/sources/zoneinfo.parse.ts'
import { parsePageSize } from '../../../../../src/main/sampler/sources/auxv.parse.ts'
import { fixture } from '../fixtures.ts'

const PARSERS: readonly (readonly [string, (bytes: Buffer) => unknown, readonly string[]])[] = [
  ['meminfo', parseMemInfo, ['captured/meminfo', 'gb10/meminfo', 'variants/meminfo-old-kernel']],
  ['pressure', parsePressure, ['captured/pressure/memory', 'variants/pressure-full']],
  ['vmstat', parseVmStat, ['captured/vmstat', 'variants/vmstat-old-kernel']],
  ['buddyinfo', parseBuddyInfo, ['captured/buddyinfo']],
  ['zoneinfo', parsePerCpuFreePages, ['captured/zoneinfo', 'gb10/zoneinfo-64k-pages']],
  ['cpu', parseCpuTimes, ['captured/stat']],
  ['net', parseNetDev, ['captured/net/dev']],
  ['disk', parseDiskStats, ['captured/diskstats']],
  ['process stat', parseProcessStat, ['captured/1/stat', 'processes/stat-newline']],
  ['process status', parseProcessStatus, ['captured/1/status']],
  ['cgroup', parseCgroup, ['captured/1/cgroup']],
  ['command line', parseCommandLine, ['processes/cmdline-many']],
  ['temperature', parseTemperature, []],
  ['auxv', parsePageSize, []]
]

/** Every number in a value, by its path. */
function numbers(value: unknown, path = ''): readonly (readonly [string, number])[] {
  if (typeof value === 'number') return [[path, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => numbers(inner, `${path}.${key}`))
}

describe.each(PARSERS)('%s', (_name, parse, files) => {
  it('takes a file cut at any byte', () => {
    for (const file of files) {
      const whole = fixture(file)
      for (let length = 0; length <= whole.length; length++) {
        for (const [path, value] of numbers(parse(whole.subarray(0, length)))) {
          if (!(value >= 0)) throw new Error(`${file} cut at ${length}: ${path} is ${value}`)
        }
      }
    }
  })

  it('takes binary garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        for (const [, value] of numbers(parse(Buffer.from(bytes)))) expect(value).toBeGreaterThanOrEqual(0)
      })
    )
  })

  it('takes real text with garbage inside', () => {
    for (const file of files) {
      const whole = fixture(file)
      fc.assert(
        fc.property(fc.nat(whole.length), fc.uint8Array({ minLength: 1, maxLength: 20 }), (at, junk) => {
          parse(Buffer.concat([whole.subarray(0, at), junk, whole.subarray(at)]))
        })
      )
    }
  })
})

describe('a cut file', () => {
  // A number that is cut is still a number: it must not be believed.
  it.each([
    ['captured/meminfo', parseMemInfo],
    ['captured/vmstat', parseVmStat],
    ['variants/pressure-full', parsePressure],
    ['captured/1/status', parseProcessStatus]
  ] as const)('%s gives whole figures or none', (file, parse) => {
    const whole = fixture(file)
    const all = new Map(numbers(parse(whole)))
    const summed = new Set(['.allocStalls'])
    for (let length = 0; length < whole.length; length++) {
      for (const [path, value] of numbers(parse(whole.subarray(0, length)))) {
        if (!summed.has(path) && all.get(path) !== value)
          throw new Error(`cut at ${length}: ${path} is ${value}`)
      }
    }
  })
})

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createReadings, type Readings } from '../../../../src/main/sentinel/readings.ts'

const MIB = 1024 ** 2
const PAGE_BYTES = 4096

const undo: (() => void)[] = []
afterEach(() => {
  for (const one of undo.splice(0).toReversed()) one()
})

/** A /proc that says what it is told. */
function machine() {
  const proc = mkdtempSync(join(tmpdir(), 'firebreak-proc-'))
  undo.push(() => rmSync(proc, { recursive: true }))
  mkdirSync(join(proc, 'pressure'))
  const say = (availableMib: number, perCpuMib: number, stalledUs = 0): void => {
    writeFileSync(
      join(proc, 'meminfo'),
      `MemTotal: ${65_536 * 1024} kB\nMemAvailable: ${availableMib * 1024} kB\n`
    )
    const count = (perCpuMib * MIB) / PAGE_BYTES
    writeFileSync(
      join(proc, 'zoneinfo'),
      `Node 0, zone Normal\n  pagesets\n    cpu: 0\n              count: ${count}\n`
    )
    writeFileSync(
      join(proc, 'pressure', 'memory'),
      `some avg10=0.00 avg60=0.00 avg300=0.00 total=${stalledUs}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n`
    )
  }
  say(0, 0)
  const readings: Readings = createReadings(proc)
  undo.push(() => readings.dispose())
  return {
    say,
    availableMib: (atMs: number) => (readings.take(atMs, 'calm')?.availableBytes ?? NaN) / MIB,
    readings
  }
}

describe('readings', () => {
  it('see a fall that comes out of large per-CPU lists at once, not as a staircase', () => {
    const { say, availableMib } = machine()
    const seen = [400, 350, 300, 250].map((perCpuMib, i) => {
      say(10_000, perCpuMib)
      return availableMib(1_000 + i * 25)
    })
    expect(seen).toEqual([10_400, 10_350, 10_300, 10_250])
  })

  it('are wrong by no more than small lists hold, which are read once a second', () => {
    const { say, availableMib } = machine()
    say(10_000, 100)
    expect(availableMib(1_000)).toBe(10_100)
    say(9_900, 20)
    expect(availableMib(1_100)).toBe(10_000)
    expect(availableMib(2_000)).toBe(9_920)
  })

  it('are all fresh where an act depends on them', () => {
    const { say, readings } = machine()
    say(10_000, 100, 7)
    readings.take(1_000, 'calm')
    say(9_900, 20, 9)
    const fresh = readings.take(1_001, 'fresh')
    expect(fresh).toMatchObject({ availableBytes: 9_920 * MIB, stallSomeUs: 9 })
  })
})

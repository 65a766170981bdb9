import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  parseLargestBlockPages,
  parsePerCpuPages,
  parseStalls,
  parseStrain
} from '../../../../src/main/sentinel/counters.ts'
import { parseMemory } from '../../../../src/main/sentinel/meminfo.ts'
import { hasEnded, parseProcessStat } from '../../../../src/main/sentinel/process-stat.ts'

const bytesOf = (text: string): [Buffer, number] => [Buffer.from(text, 'latin1'), text.length]
const KIB = 1024

describe('meminfo', () => {
  const text =
    'MemTotal:       24683936 kB\nMemFree:        22930000 kB\nMemAvailable:   24209704 kB\nBuffers: 1 kB\n'

  it('gives both figures in bytes', () => {
    expect(parseMemory(...bytesOf(text))).toEqual({
      totalBytes: 24_683_936 * KIB,
      availableBytes: 24_209_704 * KIB
    })
  })
  it('reads no further than the length it is given', () => {
    const bytes = Buffer.from(text + text)
    expect(parseMemory(bytes, 30)).toBeNull()
  })
  it('takes 0 kB for what it is', () => {
    expect(parseMemory(...bytesOf('MemTotal: 8 kB\nMemAvailable: 0 kB\n'))?.availableBytes).toBe(0)
  })
  it.each([
    '',
    'MemTotal: 5 kB\n',
    'MemTotal: 5 kB\nMemAvailable: 12',
    'MemTotal: 0 kB\nMemAvailable: 0 kB\n',
    'x'
  ])('is nothing without both: %j', (broken) => expect(parseMemory(...bytesOf(broken))).toBeNull())
})

describe('counters', () => {
  it('takes the totals of both lines of pressure', () => {
    const text =
      'some avg10=1.50 avg60=0.20 avg300=0.00 total=123456\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7890\n'
    expect(parseStalls(...bytesOf(text))).toEqual({ someUs: 123_456, fullUs: 7_890 })
  })
  it('tells a missing line from a still one', () => {
    expect(parseStalls(...bytesOf('some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n'))).toEqual({
      someUs: 0,
      fullUs: 'unknown'
    })
    expect(parseStalls(...bytesOf(''))).toEqual({ someUs: 'unknown', fullUs: 'unknown' })
  })
  it('adds up the stalls of all zones', () => {
    const text =
      'pswpin 3\npswpout 4\nallocstall_dma 1\nallocstall_normal 20\nallocstall_movable 300\npgfault 9\npgmajfault 55\n'
    expect(parseStrain(...bytesOf(text))).toEqual({ swapOutPages: 4, majorFaults: 55, allocStalls: 321 })
  })
  it('says what vmstat does not have', () => {
    expect(parseStrain(...bytesOf('nr_free_pages 7\n'))).toEqual({
      swapOutPages: 'unknown',
      majorFaults: 'unknown',
      allocStalls: 'unknown'
    })
  })
  it('adds up the pages in per-CPU lists of every zone', () => {
    const text = `Node 0, zone Normal
  pages free     3
  pagesets
    cpu: 0
              count:    25
              high:     681
    cpu: 1
              count:    300
Node 0, zone Movable
  pagesets
    cpu: 0
              count:    7
`
    expect(parsePerCpuPages(...bytesOf(text))).toBe(332)
    expect(parsePerCpuPages(...bytesOf('Node 0, zone Normal\n  pages free 3\n'))).toBe('unknown')
  })
  it('finds the largest order with a free block', () => {
    const text =
      'Node 0, zone      DMA      0      0      0      1\nNode 0, zone   Normal     50     20      0      0\n'
    expect(parseLargestBlockPages(...bytesOf(text))).toBe(8)
    expect(parseLargestBlockPages(...bytesOf('Node 0, zone Normal 0 0 0\n'))).toBe(0)
    expect(parseLargestBlockPages(...bytesOf(''))).toBe('unknown')
  })
})

describe('a process', () => {
  const line = (name: string, state: string, threads = 1): string =>
    `42 (${name}) ${state} 7 40 40 0 -1 4194304 9 0 0 0 5 6 0 0 20 0 ${threads} 0 987654 1000 20 18446744073709551615\n`

  it.each(['sh', 'a) R 1 (b', 'we ird', ''])('is read whatever its name: %j', (name) => {
    expect(parseProcessStat(...bytesOf(line(name, 'S')))).toEqual({
      state: 'S',
      parentPid: 7,
      groupId: 40,
      threads: 1,
      startTicks: 987_654,
      name
    })
  })
  it('agrees with the kernel about this one', () => {
    const bytes = readFileSync('/proc/self/stat')
    const stat = parseProcessStat(bytes, bytes.length)
    expect(stat?.parentPid).toBe(process.ppid)
    expect(stat?.startTicks).toBeGreaterThan(0)
  })
  it('has ended as a zombie, but not while its threads go on', () => {
    const of = (text: string) => parseProcessStat(...bytesOf(text))
    const zombie = of(line('x', 'Z'))
    const leaderGone = of(line('x', 'Z', 3))
    expect(zombie && hasEnded(zombie)).toBe(true)
    expect(leaderGone && hasEnded(leaderGone)).toBe(false)
  })
  it.each(['', '42 (sh', '42 (sh) S 1 2'])('is nothing when cut off: %j', (text) =>
    expect(parseProcessStat(...bytesOf(text))).toBeNull()
  )
})

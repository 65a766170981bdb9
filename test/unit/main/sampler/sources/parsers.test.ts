import { describe, expect, it } from 'vitest'
import { parseBuddyInfo } from '../../../../../src/main/sampler/sources/buddyinfo.parse.ts'
import { parseCpuTimes } from '../../../../../src/main/sampler/sources/cpu.parse.ts'
import { parseDiskStats } from '../../../../../src/main/sampler/sources/disk.parse.ts'
import { parseMemInfo } from '../../../../../src/main/sampler/sources/meminfo.parse.ts'
import { parseNetDev } from '../../../../../src/main/sampler/sources/net.parse.ts'
import { parsePressure } from '../../../../../src/main/sampler/sources/pressure.parse.ts'
import {
  isSocMonitor,
  isSocZone,
  parseTemperature
} from '../../../../../src/main/sampler/sources/thermal.parse.ts'
import { parseVmStat } from '../../../../../src/main/sampler/sources/vmstat.parse.ts'
import { parsePerCpuFreePages } from '../../../../../src/main/sampler/sources/zoneinfo.parse.ts'
import { parsePageSize } from '../../../../../src/main/sampler/sources/auxv.parse.ts'
import { fixture } from '../fixtures.ts'

const KIB = 1024

/** The figure as anyone would find it: a slow second opinion. */
const lineValue = (text: string, key: string): number =>
  Number(new RegExp(`^${key}:?\\s+(\\d+)`, 'm').exec(text)?.[1])

describe('meminfo', () => {
  it('reads every field of a captured file', () => {
    const text = fixture('captured/meminfo').toString()
    const parsed = parseMemInfo(fixture('captured/meminfo'))
    if (!parsed.ok) throw new Error('not parsed')
    const { hugePagesTotal, hugePagesFree, ...sizes } = parsed.value
    const kernelNames: Record<keyof typeof sizes, string> = {
      memTotalBytes: 'MemTotal',
      memFreeBytes: 'MemFree',
      memAvailableBytes: 'MemAvailable',
      buffersBytes: 'Buffers',
      cachedBytes: 'Cached',
      shmemBytes: 'Shmem',
      anonPagesBytes: 'AnonPages',
      mlockedBytes: 'Mlocked',
      slabReclaimableBytes: 'SReclaimable',
      slabUnreclaimableBytes: 'SUnreclaim',
      kernelStackBytes: 'KernelStack',
      pageTablesBytes: 'PageTables',
      secPageTablesBytes: 'SecPageTables',
      percpuBytes: 'Percpu',
      hugetlbBytes: 'Hugetlb',
      hugePageSizeBytes: 'Hugepagesize',
      swapTotalBytes: 'SwapTotal',
      swapFreeBytes: 'SwapFree',
      dirtyBytes: 'Dirty',
      writebackBytes: 'Writeback'
    }
    for (const [field, key] of Object.entries(kernelNames)) {
      expect([field, sizes[field as keyof typeof sizes]]).toEqual([field, lineValue(text, key) * KIB])
    }
    expect([hugePagesTotal, hugePagesFree]).toEqual([0, 0])
  })

  it('counts huge pages as pages and hugetlb as bytes', () => {
    const parsed = parseMemInfo(fixture('variants/meminfo-huge-pages'))
    expect(parsed.ok && parsed.value).toMatchObject({
      hugePagesTotal: 4096,
      hugePagesFree: 1024,
      hugePageSizeBytes: 2048 * KIB,
      hugetlbBytes: 8 * 2 ** 30
    })
  })

  it('says unknown, never 0, for what an old kernel lacks, and derives hugetlb', () => {
    const parsed = parseMemInfo(fixture('variants/meminfo-old-kernel'))
    expect(parsed.ok && parsed.value).toMatchObject({
      percpuBytes: 'unknown',
      secPageTablesBytes: 'unknown',
      kernelStackBytes: 'unknown',
      hugetlbBytes: 16 * 2 ** 20
    })
  })

  it('is an error that names what is missing', () => {
    expect(parseMemInfo(fixture('variants/meminfo-no-available'))).toEqual({
      ok: false,
      error: { missing: ['MemAvailable'] }
    })
    expect(parseMemInfo(Buffer.alloc(0))).toMatchObject({ ok: false })
  })

  it('does not take SwapCached for Cached, whatever the order', () => {
    const parsed = parseMemInfo(
      Buffer.from('SwapCached: 7 kB\nMemAvailable: 3 kB\nMemFree: 2 kB\nCached: 5 kB\nMemTotal: 9 kB\n')
    )
    expect(parsed.ok && parsed.value).toMatchObject({ cachedBytes: 5 * KIB, memTotalBytes: 9 * KIB })
  })
})

describe('pressure', () => {
  it('reads both lines', () => {
    expect(parsePressure(fixture('variants/pressure-full'))).toEqual({
      some: { avg10Pct: 100, avg60Pct: 71.2, avg300Pct: 30.05, totalUs: 18446744073709 },
      full: { avg10Pct: 99.99, avg60Pct: 60, avg300Pct: 20, totalUs: 12446744073709 }
    })
  })

  it('knows that an old kernel has no full line for cpu', () => {
    expect(parsePressure(fixture('variants/pressure-old-cpu'))).toEqual({
      some: { avg10Pct: 12.34, avg60Pct: 5.6, avg300Pct: 1.02, totalUs: 98765432 },
      full: 'unknown'
    })
  })
})

describe('vmstat', () => {
  it('sums stalls over zones', () => {
    const text = 'allocstall_dma 1\nallocstall_normal 20\nallocstall_movable 300\npgmajfault 4\noom_kill 2\n'
    expect(parseVmStat(Buffer.from(text))).toEqual({
      allocStalls: 321,
      majorFaults: 4,
      oomKills: 2,
      swapInPages: 'unknown',
      swapOutPages: 'unknown',
      directScanPages: 'unknown',
      fileRefaultPages: 'unknown'
    })
  })

  it('reads a captured file', () => {
    const text = fixture('captured/vmstat').toString()
    expect(parseVmStat(fixture('captured/vmstat'))).toMatchObject({
      majorFaults: lineValue(text, 'pgmajfault'),
      directScanPages: lineValue(text, 'pgscan_direct'),
      oomKills: 0
    })
  })

  it('reads an old kernel, where direct_throttle stands before direct', () => {
    expect(parseVmStat(fixture('variants/vmstat-old-kernel'))).toEqual({
      majorFaults: 42,
      swapInPages: 1,
      swapOutPages: 2,
      allocStalls: 9,
      directScanPages: 5,
      fileRefaultPages: 77,
      oomKills: 'unknown'
    })
  })

  it('is unknown when nothing in it is known', () => {
    expect(parseVmStat(Buffer.from('nr_free_pages 1\n'))).toBe('unknown')
  })
})

describe('zoneinfo', () => {
  it('sums the counts of all zones and cores', () => {
    const expected = [
      ...fixture('captured/zoneinfo')
        .toString()
        .matchAll(/^\s+count:\s+(\d+)$/gm)
    ]
    expect(expected.length).toBeGreaterThan(2)
    expect(parsePerCpuFreePages(fixture('captured/zoneinfo'))).toBe(
      expected.reduce((sum, match) => sum + Number(match[1]), 0)
    )
    expect(parsePerCpuFreePages(fixture('gb10/zoneinfo-64k-pages'))).toBe(190 + 21_000)
  })

  it('is unknown without pagesets, and 0 where the lists are empty', () => {
    expect(parsePerCpuFreePages(Buffer.from('Node 0, zone Normal\n  pages free 4\n'))).toBe('unknown')
    expect(parsePerCpuFreePages(Buffer.from('  pagesets\n    cpu: 0\n       count: 0\n'))).toBe(0)
  })
})

describe('other files', () => {
  it('sums free blocks by order', () => {
    const text = 'Node 0, zone      DMA      1      2      4 \nNode 1, zone   Normal     10     20     40 \n'
    expect(parseBuddyInfo(Buffer.from(text))).toEqual({ freeBlocksByOrder: [11, 22, 44] })
    expect(parseBuddyInfo(Buffer.from('nonsense\n'))).toBe('unknown')
  })

  it('counts iowait as idle and guest time once', () => {
    const text =
      'cpu  100 10 50 800 30 5 4 1 70 0\ncpu0 50 5 25 400 15 2 2 0 35 0\ncpu1 50 5 25 400 15 3 2 1 35 0\nintr 5\n'
    expect(parseCpuTimes(Buffer.from(text))).toEqual({ busyTicks: 170, totalTicks: 1000, cores: 2 })
    expect(parseCpuTimes(fixture('captured/stat'))).toMatchObject({ cores: 2 })
  })

  it('leaves loopback and bridges out', () => {
    expect(parseNetDev(fixture('captured/net/dev')).map(({ name }) => name)).toEqual(['eth0'])
    const text = `a\nb\nwlP9s9: 100 1 0 0 0 0 0 0 200 2 0 0 0 0 0 0\n  veth1a: 5 1 0 0 0 0 0 0 6 2 0 0 0 0 0 0\n`
    expect(parseNetDev(Buffer.from(text))).toEqual([{ name: 'wlP9s9', receivedBytes: 100, sentBytes: 200 }])
  })

  it('counts whole disks only', () => {
    const text =
      ' 259 0 nvme0n1 10 0 100 0 20 0 200 0 0 0 0\n 259 1 nvme0n1p1 10 0 100 0 20 0 200 0 0 0 0\n   8 0 sda 1 0 3 0 1 0 5 0 0 0 0\n   8 1 sda1 1 0 3 0 1 0 5 0 0 0 0\n 253 0 dm-0 1 0 3 0 1 0 5 0 0 0 0\n 7 0 loop0 1 0 3 0 1 0 5 0 0 0 0\n'
    expect(parseDiskStats(Buffer.from(text))).toEqual([
      { name: 'nvme0n1', readBytes: 51_200, writtenBytes: 102_400 },
      { name: 'sda', readBytes: 1536, writtenBytes: 2560 }
    ])
    expect(parseDiskStats(fixture('captured/diskstats')).map(({ name }) => name)).toEqual(['vda'])
  })

  it.each([
    ['45000\n', 45],
    ['0\n', 'unknown'],
    ['-274000\n', 'unknown'],
    ['127000\n', 'unknown'],
    ['1000\n', 1],
    ['125000\n', 125],
    ['', 'unknown']
  ])('temperature %j is %s', (text, expected) => {
    expect(parseTemperature(Buffer.from(text))).toBe(expected)
  })

  it('asks only sensors of the SoC', () => {
    expect(['acpitz', 'cpu-thermal', 'x86_pkg_temp', 'soc0'].every(isSocZone)).toBe(true)
    expect(['iwlwifi_1', 'nvme', 'mlx5', 'mt7925_phy0'].some(isSocZone)).toBe(false)
    expect(isSocMonitor('k10temp') && isSocMonitor('acpitz')).toBe(true)
    expect(isSocMonitor('nvme') || isSocMonitor('mlx5') || isSocMonitor('drivetemp')).toBe(false)
  })

  it('finds the page size in the auxiliary vector', () => {
    const auxv = Buffer.alloc(64)
    auxv.writeBigUInt64LE(33n, 0)
    auxv.writeBigUInt64LE(6n, 16)
    auxv.writeBigUInt64LE(65_536n, 24)
    expect(parsePageSize(auxv)).toBe(65_536)
    expect(parsePageSize(auxv.subarray(0, 30))).toBe('unknown')
    expect(parsePageSize(Buffer.alloc(64))).toBe('unknown')
  })
})

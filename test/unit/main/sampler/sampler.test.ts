import { readdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMachineView } from '../../../../src/main/sampler/machine-view.ts'
import { createSampler, type Sampler } from '../../../../src/main/sampler/sampler.ts'
import { NO_GPU_YET, type GpuSnapshot } from '../../../../src/shared/model/gpu.ts'
import type { Snapshot } from '../../../../src/shared/model/snapshot.ts'
import { fakeRoot, fixture, writeProcess, type FakeRoot } from './fixtures.ts'

const PAGE = 65_536
let proc: FakeRoot
let sys: FakeRoot
let sampler: Sampler | null
let seen: Snapshot[]
let said: string[]
let gpu: GpuSnapshot

const create = (): Sampler => {
  sampler = createSampler({
    places: { procRoot: proc.path, sysRoot: sys.path },
    clock: { nowMs: () => 1_700_000_000_000 + Date.now(), monotonicMs: () => Date.now() },
    logger: {
      info: (line) => said.push(line),
      warn: (line) => said.push(line),
      error: (line) => said.push(line)
    },
    gpu: () => gpu,
    pageSizeBytes: PAGE,
    onSnapshot: (snapshot) => seen.push(snapshot)
  })
  return sampler
}

const memInfo = (availableKib: number): string =>
  fixture('gb10/meminfo')
    .toString()
    .replace(/MemAvailable: +\d+/, `MemAvailable: ${availableKib}`)

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
  proc = fakeRoot()
  sys = fakeRoot()
  seen = []
  said = []
  gpu = NO_GPU_YET
  proc.write('meminfo', fixture('gb10/meminfo'))
  writeProcess(proc, { pid: 1, name: 'systemd' })
})
afterEach(() => {
  sampler?.dispose()
  sampler = null
  proc.dispose()
  sys.dispose()
  vi.useRealTimers()
})

describe('one snapshot', () => {
  it('says unknown for every file that is missing', () => {
    const snapshot = create().sampleNow()
    expect(snapshot).toMatchObject({
      sequence: 0,
      perCpuFreeBytes: 'unknown',
      pressures: { memory: 'unknown', cpu: 'unknown', io: 'unknown' },
      vmStat: 'unknown',
      buddy: 'unknown',
      cpu: { busyPct: 'unknown' },
      temperatureC: 'unknown',
      rates: { networkReceiveBytesPerS: 'unknown', diskReadBytesPerS: 'unknown' }
    })
    expect(snapshot.memInfo.memTotalBytes).toBe(127_600_748 * 1024)
    expect(snapshot.processes.map(({ name }) => name)).toEqual(['systemd'])
  })

  it('holds everything a machine has', () => {
    proc.write('zoneinfo', fixture('gb10/zoneinfo-64k-pages'))
    for (const name of ['memory', 'cpu', 'io'])
      proc.write(`pressure/${name}`, fixture('variants/pressure-full'))
    for (const name of ['vmstat', 'buddyinfo', 'stat', 'net/dev', 'diskstats'])
      proc.write(name, fixture(`captured/${name}`))
    sys.write('class/thermal/thermal_zone0/type', 'acpitz\n')
    sys.write('class/thermal/thermal_zone0/temp', '45300\n')
    sys.write('class/thermal/thermal_zone1/type', 'nvme\n')
    sys.write('class/thermal/thermal_zone1/temp', '80000\n')
    sys.write('class/hwmon/hwmon0/name', 'k10temp\n')
    sys.write('class/hwmon/hwmon0/temp1_input', '51000\n')
    const snapshot = create().sampleNow()
    expect(snapshot).toMatchObject({
      perCpuFreeBytes: 21_190 * PAGE,
      pressures: { memory: { some: { avg10Pct: 100 } } },
      temperatureC: 51,
      cpu: { cores: 2 }
    })
    expect(snapshot.buddy).not.toBe('unknown')
    expect(snapshot.vmStat).not.toBe('unknown')
  })

  it('computes load and rates from two readings', () => {
    proc.write('stat', 'cpu  100 0 0 900 0 0 0 0 0 0\ncpu0 100 0 0 900\n')
    proc.write('net/dev', 'a\nb\neth0: 1000 0 0 0 0 0 0 0 50 0 0 0 0 0 0 0\n')
    proc.write('diskstats', ' 8 0 sda 1 0 100 0 1 0 10 0 0 0 0\n')
    const sampler = create()
    expect(sampler.sampleNow().cpu.busyPct).toBe('unknown')
    vi.setSystemTime(2000)
    proc.write('stat', 'cpu  150 0 0 1050 0 0 0 0 0 0\ncpu0 150 0 0 1050\n')
    proc.write(
      'net/dev',
      'a\nb\neth0: 5000 0 0 0 0 0 0 0 150 0 0 0 0 0 0 0\nwlan0: 9999999 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0\n'
    )
    proc.write('diskstats', ' 8 0 sda 1 0 104 0 1 0 10 0 0 0 0\n')
    expect(sampler.sampleNow()).toMatchObject({
      cpu: { busyPct: 25, cores: 1 },
      rates: {
        networkReceiveBytesPerS: 2000,
        networkSendBytesPerS: 50,
        diskReadBytesPerS: 1024,
        diskWriteBytesPerS: 0
      }
    })
  })
})

describe('the schedule', () => {
  it('samples once a second while calm, and stops when disposed', () => {
    const sampler = create()
    sampler.start()
    sampler.start()
    expect(seen).toHaveLength(1)
    vi.advanceTimersByTime(10_000)
    expect(seen.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(sampler.latest()).toBe(seen.at(-1))
    sampler.dispose()
    vi.advanceTimersByTime(10_000)
    expect(seen).toHaveLength(11)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('goes to 4 Hz at once when a load begins, with the table at 1 Hz', () => {
    const sampler = create()
    sampler.start()
    vi.advanceTimersByTime(100)
    sampler.setLoading(true)
    vi.advanceTimersByTime(4_000)
    expect(seen.length).toBeGreaterThanOrEqual(17)
    expect(seen.at(-1)?.intervalMs).toBe(250)
    const tables = new Set(seen.map(({ processes }) => processes))
    expect(tables.size).toBeGreaterThanOrEqual(4)
    expect(tables.size).toBeLessThanOrEqual(6)
    sampler.setLoading(false)
    vi.advanceTimersByTime(20_000)
    expect(seen.at(-1)?.intervalMs).toBe(1000)
  })

  it('goes fast when memory falls', () => {
    create().start()
    proc.write('meminfo', memInfo(40_000_000))
    vi.advanceTimersByTime(1_000)
    expect(seen.at(-1)?.intervalMs).toBe(250)
    vi.advanceTimersByTime(1_000)
    expect(seen).toHaveLength(6)
  })

  it('goes on after a listener that throws', () => {
    sampler = createSampler({
      places: { procRoot: proc.path, sysRoot: sys.path },
      clock: { nowMs: () => 0, monotonicMs: () => Date.now() },
      logger: { info: () => undefined, warn: () => undefined, error: (line) => said.push(line) },
      gpu: () => gpu,
      pageSizeBytes: PAGE,
      onSnapshot(snapshot) {
        seen.push(snapshot)
        throw new Error('listener')
      }
    })
    sampler.start()
    vi.advanceTimersByTime(3_000)
    expect(seen).toHaveLength(4)
    expect(said).toHaveLength(4)
  })
})

describe('without meminfo', () => {
  it('shows nothing old as new, says so once, and goes on when it is back', () => {
    const sampler = create()
    sampler.start()
    proc.write('meminfo', 'MemTotal: 5 kB\n')
    vi.advanceTimersByTime(5_000)
    expect(seen).toHaveLength(1)
    expect(said).toEqual([expect.stringContaining('MemFree, MemAvailable')])
    expect(sampler.sampleNow()).toBe(seen[0])
    proc.write('meminfo', fixture('gb10/meminfo'))
    vi.advanceTimersByTime(2_000)
    expect(seen.length).toBeGreaterThan(1)
    expect(said).toHaveLength(2)
  })

  it('throws only where there never was a figure', () => {
    proc.remove('meminfo')
    expect(() => create().sampleNow()).toThrow(/meminfo cannot be read/)
  })
})

it('closes every descriptor', () => {
  const before = readdirSync('/proc/self/fd').length
  proc.write('zoneinfo', fixture('gb10/zoneinfo-64k-pages'))
  writeProcess(proc, { pid: 2, rssPages: 20_000 })
  const sampler = create()
  sampler.sampleNow()
  sampler.sampleNow()
  expect(readdirSync('/proc/self/fd').length).toBeGreaterThan(before)
  sampler.dispose()
  expect(readdirSync('/proc/self/fd').length).toBe(before)
})

describe('the machine view', () => {
  const view = () => createMachineView({ procRoot: proc.path, pageSizeBytes: PAGE, gpu: () => gpu })

  it('reads everything fresh', () => {
    proc.write('zoneinfo', fixture('gb10/zoneinfo-64k-pages'))
    const machine = view()
    expect(machine.availableBytes()).toBe(50_100_000 * 1024 + 21_190 * PAGE)
    expect(machine.hostBytes(1)).toEqual({ anonAndShmemBytes: 24 * 1024, fileBytes: 8192 })
    writeProcess(proc, { pid: 2, name: 'new', anonKib: 100 })
    expect(machine.processes().map(({ name }) => name)).toEqual(['systemd', 'new'])
    proc.remove('2')
    expect(machine.processes()).toHaveLength(1)
    expect(machine.hostBytes(2)).toBeNull()
    proc.remove('meminfo')
    expect(machine.availableBytes()).toBe(0)
  })

  it.each([
    ['unified', 600, 'unknown'],
    ['amd-apu', 600, 'unknown'],
    ['discrete', 0, 0],
    ['none', 0, 0]
  ] as const)('counts GPU bytes on %s: %s, and %s for the driver’s N/A', (topology, expected, missing) => {
    const processes = [
      { pid: 1, bytes: 600 },
      { pid: 2, bytes: 'unknown' as const }
    ]
    gpu = { ...NO_GPU_YET, state: 'ok', stale: false, topology, processes }
    expect(view().gpuBytes(1)).toBe(expected)
    expect(view().gpuBytes(2)).toBe(missing)
    // Not in a fresh list: it holds none.
    expect(view().gpuBytes(3)).toBe(0)
  })

  it('an old figure is no figure, and a fresh one is asked for only where it matters', async () => {
    let asked = 0
    const machine = createMachineView({
      procRoot: proc.path,
      pageSizeBytes: PAGE,
      gpu: () => gpu,
      askGpu: async () => {
        asked += 1
        return false
      }
    })
    gpu = { ...NO_GPU_YET, state: 'stuck', topology: 'unified', processes: [{ pid: 1, bytes: 600 }] }
    expect(machine.gpuBytes(1)).toBe('unknown')
    expect(await machine.freshGpu(10)).toBe(false)
    gpu = { ...NO_GPU_YET, topology: 'discrete' }
    expect(machine.gpuBytes(1)).toBe(0)
    expect(await machine.freshGpu(10)).toBe(true)
    expect(asked).toBe(1)
  })
})

import { describe, expect, it } from 'vitest'
import { ledger } from '../../../../../src/shared/domain/ledger/ledger.ts'
import { bytesOf, GB10, GIB, MIB, part, processOf, SPARK, total } from './inputs.ts'

const KIB = 1024

describe('on a Spark', () => {
  const made = ledger(SPARK)

  it('adds up to MemTotal exactly, and every part to its halves', () => {
    expect(made.memTotalBytes).toBe(127_600_748 * KIB)
    expect(total(made)).toBe(made.memTotalBytes)
    for (const { bytes, gpuBytes, hostBytes } of made.parts) expect(bytes).toBe(gpuBytes + hostBytes)
  })

  it('gives the runner its GPU and its own host memory, file pages told apart', () => {
    expect(part(made, 'runner:abc')).toEqual({
      id: 'runner:abc',
      label: 'Qwen 27B',
      kind: 'runner',
      bytes: 60 * GIB + 704 * MIB,
      gpuBytes: 60 * GIB,
      hostBytes: 704 * MIB,
      pids: [2000],
      mappedFileBytes: 1300 * MIB
    })
  })

  it('shows a big process by what it runs', () => {
    expect(part(made, 'process:1300:13000')).toMatchObject({
      label: 'python3 train.py',
      kind: 'process',
      hostBytes: 700 * MIB,
      pids: [1300]
    })
  })

  it('puts the shell, the display server, the browser and session programs in the desktop', () => {
    expect(part(made, 'desktop')).toMatchObject({
      pids: [900, 1000, 1100, 1200],
      gpuBytes: 295 * MIB,
      hostBytes: (120 + 40 + 400 + 30 + 900 + 20 + 60) * MIB
    })
  })

  it('takes the rest from the kernel: free with per-CPU lists, cache without shared memory', () => {
    expect(bytesOf(made, 'free')).toBe(41_250_000 * KIB + 700 * MIB)
    expect(bytesOf(made, 'cache')).toBe((9_100_000 + 310_000 - 220_000) * KIB)
    expect(bytesOf(made, 'kernel')).toBe((900_000 + 1_000_000 + 21_000 + 88_000 + 2048 + 19_200) * KIB)
    expect(bytesOf(made, 'shared')).toBe(220_000 * KIB - 94 * MIB)
    expect(bytesOf(made, 'other')).toBe(5_400_000 * KIB - (120 + 400 + 900 + 60 + 700 + 700) * MIB)
    expect(bytesOf(made, 'hugepages')).toBe(0)
    // What the driver holds for nobody it names.
    expect(bytesOf(made, 'unattributed')).toBeGreaterThan(GIB)
  })

  it('keeps the order of kinds, the biggest holder first', () => {
    expect(made.parts.map(({ id }) => id)).toEqual([
      'runner:abc',
      'desktop',
      'process:1300:13000',
      'other',
      'shared',
      'hugepages',
      'kernel',
      'unattributed',
      'cache',
      'free'
    ])
  })
})

describe('memory topology', () => {
  it('leaves a discrete GPU out: its memory is not in MemTotal', () => {
    const made = ledger({ ...SPARK, gpu: { ...SPARK.gpu, topology: 'discrete' } })
    expect(part(made, 'runner:abc')).toMatchObject({ gpuBytes: 0, bytes: 704 * MIB })
    expect(made.parts.every(({ gpuBytes }) => gpuBytes === 0)).toBe(true)
    expect(total(made)).toBe(made.memTotalBytes)
  })

  it('counts GTT on an AMD APU', () => {
    const gpu = { topology: 'amd-apu' as const, processes: [{ pid: 2000, bytes: 20 * GIB }] }
    expect(part(ledger({ ...SPARK, gpu }), 'runner:abc')).toMatchObject({ gpuBytes: 20 * GIB })
  })

  it('scales GPU claims down to what nothing else holds', () => {
    const gpu = {
      topology: 'unified' as const,
      processes: [
        { pid: 2000, bytes: 90 * GIB },
        { pid: 1300, bytes: 45 * GIB }
      ]
    }
    const made = ledger({ ...SPARK, gpu })
    expect(total(made)).toBe(made.memTotalBytes)
    // The halves of bytes that no claim gets stay unattributed.
    expect(bytesOf(made, 'unattributed')).toBeLessThan(2)
    const runner = part(made, 'runner:abc')?.gpuBytes ?? 0
    const other = part(made, 'process:1300:13000')?.gpuBytes ?? 0
    expect(runner / other).toBeCloseTo(2, 6)
  })
})

describe('nothing is counted twice', () => {
  it('a pid of two runners belongs to the first', () => {
    const runners = [
      { id: 'one', label: 'One', pids: [2000, 2000] },
      { id: 'two', label: 'Two', pids: [2000, 1300] }
    ]
    const made = ledger({ ...SPARK, runners })
    expect(part(made, 'runner:one')).toMatchObject({ pids: [2000], bytes: 60 * GIB + 704 * MIB })
    expect(part(made, 'runner:two')).toMatchObject({ pids: [1300], bytes: 700 * MIB })
  })

  it('a repeated runner, process or GPU row is one', () => {
    const made = ledger({
      ...SPARK,
      processes: [...SPARK.processes, ...SPARK.processes],
      runners: [...SPARK.runners, ...SPARK.runners],
      gpu: { topology: 'unified', processes: [...SPARK.gpu.processes, ...SPARK.gpu.processes] }
    })
    expect(made).toEqual(ledger(SPARK))
  })

  it('pages shared after fork are dealt out once', () => {
    const processes = [1, 2, 3, 4].map((n) => processOf(5000 + n, 'forked', { anonBytes: 3 * GIB }))
    const made = ledger({ ...SPARK, processes, gpu: { topology: 'none', processes: [] }, runners: [] })
    const named = made.parts.filter(({ kind }) => kind === 'process')
    expect(named).toHaveLength(4)
    const sum = named.reduce((bytes, each) => bytes + each.bytes, 0)
    expect(sum + bytesOf(made, 'other')).toBe(5_400_000 * KIB)
    expect(bytesOf(made, 'other')).toBeLessThan(4)
  })
})

describe('holders', () => {
  it('names a GPU process that the process table does not have', () => {
    const gpu = { topology: 'unified' as const, processes: [{ pid: 77, bytes: 2 * GIB }] }
    expect(part(ledger({ ...SPARK, gpu }), 'process:77:0')).toMatchObject({
      label: 'GPU process 77',
      bytes: 2 * GIB
    })
  })

  it('shows a GPU process from 64 MiB on and adds smaller ones to the others', () => {
    const at = (bytes: number) =>
      ledger({
        ...SPARK,
        processes: [processOf(77, 'cuda')],
        gpu: { topology: 'unified', processes: [{ pid: 77, bytes }] },
        runners: []
      })
    expect(part(at(64 * MIB), 'process:77:770')).toMatchObject({ gpuBytes: 64 * MIB })
    expect(part(at(63 * MIB), 'process:77:770')).toBeUndefined()
    expect(part(at(63 * MIB), 'other')).toMatchObject({ gpuBytes: 63 * MIB })
  })

  it('shows a script from the desktop as a process when it is big', () => {
    const cgroup = '/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.x.scope'
    const made = (anonBytes: number) =>
      ledger({ ...SPARK, processes: [processOf(50, 'eater', { anonBytes, cgroup })], runners: [] })
    expect(part(made(600 * MIB), 'process:50:500')).toMatchObject({ hostBytes: 600 * MIB })
    expect(part(made(100 * MIB), 'desktop')).toMatchObject({ hostBytes: 100 * MIB })
  })

  it('does not take what runs in a terminal for the desktop', () => {
    const cgroup =
      '/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal.slice/vte-spawn-1.scope'
    const made = ledger({
      ...SPARK,
      processes: [processOf(50, 'bash', { anonBytes: 9 * MIB, cgroup })],
      runners: []
    })
    expect(part(made, 'desktop')).toMatchObject({ bytes: 0, pids: [] })
  })

  it('bounds the number of parts', () => {
    const processes = Array.from({ length: 100 }, (_, i) =>
      processOf(100 + i, `p${i}`, { anonBytes: 600 * MIB + i })
    )
    const memInfo = { ...GB10, anonPagesBytes: 100 * GIB, memFreeBytes: 0, cachedBytes: 0 }
    const made = ledger({
      ...SPARK,
      memInfo,
      processes,
      runners: [],
      gpu: { topology: 'none', processes: [] }
    })
    expect(made.parts.filter(({ kind }) => kind === 'process')).toHaveLength(40)
    expect(total(made)).toBe(made.memTotalBytes)
  })

  it('keeps empty fixed parts and drops empty holders', () => {
    const made = ledger({
      memInfo: { ...GB10, memTotalBytes: 0 },
      perCpuFreeBytes: 'unknown',
      processes: [],
      gpu: { topology: 'none', processes: [] },
      runners: [{ id: 'idle', label: 'Idle', pids: [9] }]
    })
    expect(made.parts.map(({ id }) => id)).toEqual([
      'desktop',
      'other',
      'shared',
      'hugepages',
      'kernel',
      'unattributed',
      'cache',
      'free'
    ])
  })

  it.each([
    ['MainThread', ['/usr/bin/node', '/srv/app/server.js'], 'node server.js'],
    ['VLLM::EngineCor', ['VLLM::EngineCore'], 'VLLM::EngineCore'],
    ['python3', ['python3', '-m', 'sglang.launch_server'], 'python3 sglang.launch_server'],
    ['evil\n\u202Ename', null, 'evil··name'],
    ['  ', null, 'process 60'],
    ['llama-server', ['/opt/llama-server', '-m', 'x.gguf'], 'llama-server']
  ])('labels %j %j as %j', (name, commandLine, label) => {
    const processes = [processOf(60, name, { anonBytes: GIB, commandLine })]
    expect(part(ledger({ ...SPARK, processes, runners: [] }), 'process:60:600')?.label).toBe(label)
  })
})

describe('readings that do not fit together', () => {
  it('free goes first, and nothing is negative', () => {
    const memInfo = { ...GB10, memFreeBytes: 500 * GIB }
    const made = ledger({ ...SPARK, memInfo })
    expect(bytesOf(made, 'free')).toBe(made.memTotalBytes)
    expect(total(made)).toBe(made.memTotalBytes)
  })

  it('unknown fields leave their bytes unattributed, and holders keep what they report', () => {
    const memInfo = {
      ...GB10,
      anonPagesBytes: 'unknown' as const,
      shmemBytes: 'unknown' as const,
      slabUnreclaimableBytes: 'unknown' as const
    }
    const made = ledger({ ...SPARK, memInfo })
    expect(part(made, 'runner:abc')?.hostBytes).toBe(704 * MIB)
    expect(total(made)).toBe(made.memTotalBytes)
  })

  it('counts huge pages once, used or not', () => {
    const made = ledger({ ...SPARK, memInfo: { ...GB10, hugetlbBytes: 8 * GIB } })
    expect(bytesOf(made, 'hugepages')).toBe(8 * GIB)
    expect(total(made)).toBe(made.memTotalBytes)
  })
})

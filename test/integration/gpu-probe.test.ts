import { spawn } from 'node:child_process'
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createGpuProbe, type GpuProbe, type GpuProbeOptions } from '../../src/main/gpu-probe/client.ts'
import type { ProbeDeadlines } from '../../src/main/gpu-probe/state.ts'
import { systemClock } from '../../src/main/platform/system.ts'
import type { GpuSnapshot } from '../../src/shared/model/gpu.ts'
import { buildNvmlStub, noCompiler } from '../support/nvml-stub.ts'
import { addStrixHalo, createAmdTree, fixture } from '../unit/main/gpu-probe/amd-tree.ts'

// The real child process and the real FFI, on a stub of the driver's library.

const root = resolve(import.meta.dirname, '../..')
const ENTRY = join(root, 'src/main/gpu-probe/main.ts')
const WAIT_MS = 20_000
const GIB = 1024 ** 3
// Short enough for a test; the answer's time leaves room for a start of Node on a busy machine.
const QUICK: ProbeDeadlines = {
  calmIntervalMs: 50,
  fastIntervalMs: 20,
  answerMs: 1_500,
  killMs: 2_000,
  firstBackoffMs: 50,
  maxBackoffMs: 400
}

const compilerMissing = await noCompiler()
const probes: GpuProbe[] = []
let folder = ''
let warnings: string[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gpu-probe-'))
  warnings = []
})
afterEach(async () => {
  for (const probe of probes.splice(0)) probe.dispose()
  await rm(folder, { recursive: true, force: true })
})

function start(env: Record<string, string>, more: Partial<GpuProbeOptions> = {}): GpuProbe {
  const probe = createGpuProbe({
    nodePath: process.execPath,
    entryPath: ENTRY,
    env: { PATH: folder, ...env },
    clock: systemClock,
    logger: { info: () => undefined, warn: (text) => warnings.push(text), error: () => undefined },
    sysRoot: folder,
    deadlines: QUICK,
    ...more
  })
  probes.push(probe)
  return probe
}

async function until<T>(what: string, look: () => T | null | undefined | false): Promise<T> {
  const deadline = performance.now() + WAIT_MS
  for (;;) {
    const found = look()
    if (found !== null && found !== undefined && found !== false) return found
    if (performance.now() > deadline) throw new Error(`not within ${WAIT_MS} ms: ${what}`)
    await new Promise((done) => setTimeout(done, 5))
  }
}
const answered = (probe: GpuProbe): Promise<GpuSnapshot> =>
  until('a reading', () => {
    const snapshot = probe.latest()
    return snapshot.state === 'ok' && snapshot
  })
// A zombie has ended; only its parent has not looked yet.
const alive = async (pid: number): Promise<boolean> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  return stat !== null && !/\) [ZX] /.test(stat)
}
const gone = async (pid: number): Promise<void> => {
  let ended = false
  await until(`process ${pid} gone`, () => {
    void alive(pid).then((yes) => (ended = !yes))
    return ended
  })
}

describe('the GPU probe on a stub of NVML', () => {
  beforeEach((context) => {
    if (compilerMissing !== null) context.skip(compilerMissing)
  })
  const stub = (env: Record<string, string> = {}, defines: readonly string[] = []) =>
    buildNvmlStub(defines).then((library) => ({ FIREBREAK_NVML: library, ...env }))

  it('reads a GB10: memory is not supported, never 0; a pid counts once; N/A is unknown', async () => {
    const snapshot = await answered(start(await stub()))
    expect(snapshot).toMatchObject({
      source: 'nvml',
      topology: 'unified',
      driverVersion: '580.159.03',
      stale: false,
      note: null,
      devices: [
        {
          name: 'NVIDIA GB10',
          memory: { totalBytes: 'not-supported', usedBytes: 'not-supported', freeBytes: 'not-supported' },
          utilizationPct: 42,
          temperatureC: 55,
          powerW: 12.345,
          smClockMHz: 2405
        }
      ],
      processes: [
        { pid: 1234, bytes: 10 * GIB },
        { pid: 4321, bytes: 2 * GIB },
        { pid: 777, bytes: 'unknown' },
        { pid: 3405, bytes: 242 * 1024 ** 2 }
      ]
    })
  })

  it('takes success with zeros as not supported, and a total near MemTotal as reported; both unified', async () => {
    const zero = await answered(start(await stub({ STUB_NVML_GPU: 'gb10-zero' })))
    expect(zero.topology).toBe('unified')
    expect(zero.devices[0]!.memory.totalBytes).toBe('not-supported')
    const total = await answered(start(await stub({ STUB_NVML_GPU: 'gb10-total' })))
    expect(total.topology).toBe('unified')
    expect(total.devices[0]!.memory.totalBytes).toBe(127_600_748 * 1024)
  })

  it('reads a discrete GPU', async () => {
    const snapshot = await answered(start(await stub({ STUB_NVML_GPU: 'ada' })))
    expect(snapshot.topology).toBe('discrete')
    expect(snapshot.devices[0]).toMatchObject({
      name: 'NVIDIA RTX 6000 Ada Generation',
      memory: { totalBytes: 48 * GIB, usedBytes: 5 * GIB, freeBytes: 43 * GIB }
    })
  })

  it('says none where the driver lists no GPU', async () => {
    const snapshot = await answered(start(await stub({ STUB_NVML_GPU: 'none' })))
    expect(snapshot).toMatchObject({ source: 'none', topology: 'none', devices: [], processes: [] })
    expect(snapshot.note).toContain('lists no GPU')
  })

  it('reads process lists longer than the first room', async () => {
    const snapshot = await answered(start(await stub({ STUB_NVML_PROCESSES: '1500' })))
    expect(snapshot.processes.filter((one) => one.pid >= 10_000)).toHaveLength(1_500)
  })

  it('manages with an old library: unsuffixed lists, and no clock', async () => {
    const old = await answered(start(await stub({}, ['OLD_LIBRARY'])))
    expect(old.devices[0]!.smClockMHz).toBe('not-supported')
    expect(old.processes).toEqual([
      { pid: 1234, bytes: 10 * GIB },
      { pid: 4321, bytes: 2 * GIB }
    ])
    const bare = await answered(start(await stub({}, ['NO_PROCESS_LISTS'])))
    expect(bare.processes).toEqual([])
  })

  it('keeps the last figures with their age while the driver hangs, ends the probe, and recovers', async () => {
    const probe = start(
      await stub({
        STUB_NVML_HANG_S: '600',
        STUB_NVML_FROM_READ: '3',
        STUB_NVML_ONCE: join(folder, 'hung-once')
      })
    )
    await answered(probe)
    const first = probe.pid!
    const stuck = await until('stuck', () => probe.latest().state === 'stuck' && probe.latest())
    expect(stuck.stale).toBe(true)
    expect(stuck.ageMs).toBeGreaterThanOrEqual(QUICK.answerMs)
    expect(stuck.topology).toBe('unified')
    expect(stuck.processes).not.toEqual([])
    expect(stuck.note).toMatch(/The GPU driver has not answered for \d+ s/)
    expect(probe.pid).toBe(first)

    await gone(first)
    const again = await answered(probe)
    expect(again.stale).toBe(false)
    expect(probe.pid).not.toBe(first)
    expect(warnings.join('\n')).toContain('has not answered')
  })

  it('stays stuck, and never runs two processes, while every probe hangs', async () => {
    const probe = start(await stub({ STUB_NVML_HANG_S: '600', STUB_NVML_HANG_CALL: 'init' }))
    const seen: number[] = []
    await until('three probes', () => {
      const { pid } = probe
      if (pid !== null && pid !== seen.at(-1)) {
        const before = seen.at(-1)
        if (before !== undefined) expect(() => process.kill(before, 0)).toThrow()
        seen.push(pid)
      }
      return seen.length === 3
    })
    expect(probe.latest()).toMatchObject({ state: 'stuck', ageMs: 'unknown', stale: true, topology: 'none' })
  })

  it('restarts a probe that the driver crashes', async () => {
    const probe = start(
      await stub({
        STUB_NVML_CRASH: '1',
        STUB_NVML_FROM_READ: '2',
        STUB_NVML_ONCE: join(folder, 'crashed-once')
      })
    )
    await answered(probe)
    const first = probe.pid!
    await until('a second probe', () => probe.pid !== null && probe.pid !== first)
    expect(warnings.join('\n')).toContain('SIGABRT')
    await until('an answer', () => probe.latest().note === null && probe.latest().state === 'ok')
  })

  it('has failed, and says why, when the probe dies at every reading', async () => {
    const probe = start(await stub({ STUB_NVML_CRASH: '1' }))
    const failed = await until('failed', () => probe.latest().state === 'failed' && probe.latest())
    expect(failed.note).toContain('SIGABRT')
    expect(failed.stale).toBe(true)
  })

  it('opens the driver’s session anew when the GPU was lost', async () => {
    const probe = start(
      await stub({ STUB_NVML_LOST: '1', STUB_NVML_FROM_READ: '2', STUB_NVML_ONCE: join(folder, 'lost-once') })
    )
    await answered(probe)
    const { pid } = probe
    const lost = await until('lost', () => probe.latest().state === 'failed' && probe.latest())
    expect(lost.note).toContain('fallen off the bus')
    expect(lost.topology).toBe('unified')
    await answered(probe)
    expect(probe.pid).toBe(pid)
  })

  it('has one question in flight, and asks faster when told', async () => {
    let readings = 0
    const probe = start(await stub(), {
      deadlines: { ...QUICK, calmIntervalMs: 60_000 },
      onReading: () => readings++
    })
    await until('the first', () => readings === 1)
    for (let i = 0; i < 100; i++) probe.requestReading()
    await until('the second', () => readings === 2)
    expect(probe.malformedLines).toBe(0)
    probe.setFast(true)
    await until('more', () => readings >= 6)
    probe.setFast(false)
  })

  it('ends with the core, even inside a call that hangs', async () => {
    const env = await stub({ STUB_NVML_HANG_S: '600', STUB_NVML_HANG_CALL: 'init' })
    const core = spawn(
      process.execPath,
      [
        '--input-type=module-typescript',
        '-e',
        `import { createGpuProbe } from ${JSON.stringify(join(root, 'src/main/gpu-probe/client.ts'))}
         import { systemClock } from ${JSON.stringify(join(root, 'src/main/platform/system.ts'))}
         const logger = { info() {}, warn() {}, error() {} }
         const probe = createGpuProbe({ nodePath: process.execPath, entryPath: ${JSON.stringify(ENTRY)},
           env: process.env, clock: systemClock, logger })
         setInterval(() => probe.latest().state === 'stuck' && console.log(probe.pid), 50)`
      ],
      { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] }
    )
    let pid = 0
    try {
      let said = ''
      core.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
      pid = Number(await until('a stuck probe', () => /^\d+/.exec(said)?.[0]))
      expect(await alive(pid)).toBe(true)
      core.kill('SIGKILL')
      await gone(pid)
    } finally {
      core.kill('SIGKILL')
      if (pid !== 0 && (await alive(pid))) process.kill(pid, 'SIGKILL')
    }
  })

  it('ends when it is disposed, and leaves no timer and no process', async () => {
    const probe = start(await stub())
    await answered(probe)
    const pid = probe.pid!
    probe.dispose()
    probe.dispose()
    expect(probe.pid).toBeNull()
    await gone(pid)
  })
})

describe('the GPU probe without NVML', () => {
  const noLibrary = { FIREBREAK_NVML: '/nonexistent/libnvidia-ml.so.1' }
  const fakeSmi = async (script: string): Promise<void> => {
    const path = join(folder, 'nvidia-smi')
    await writeFile(path, `#!/bin/sh\n${script}\n`)
    await chmod(path, 0o755)
  }
  const answers = async (devices: string, processes: string): Promise<void> => {
    const from = (name: string): string => join(root, 'test/fixtures/nvidia-smi', name)
    await copyFile(from(devices), join(folder, 'devices'))
    await copyFile(from(processes), join(folder, 'processes'))
    await fakeSmi(
      `case "$1" in --query-gpu=*) /bin/cat ${folder}/devices;; --query-compute-apps=*) /bin/cat ${folder}/processes;; *) exit 2;; esac`
    )
  }

  it('says none, and why, without a library and without nvidia-smi', async () => {
    const snapshot = await answered(start(noLibrary))
    expect(snapshot).toMatchObject({ source: 'none', topology: 'none', devices: [], stale: false })
    expect(snapshot.note).toContain('nvidia-smi')
  })

  it('reads a GB10 through nvidia-smi', async () => {
    await answers('gb10-devices.csv', 'gb10-processes.csv')
    const snapshot = await answered(start(noLibrary))
    expect(snapshot).toMatchObject({ source: 'nvidia-smi', topology: 'unified', driverVersion: '580.159.03' })
    expect(snapshot.devices[0]!.memory.totalBytes).toBe('not-supported')
    expect(snapshot.processes).toContainEqual({ pid: 1, bytes: 'unknown' })
  })

  it('sums a process over two GPUs', async () => {
    await answers('two-discrete-devices.csv', 'two-discrete-processes.csv')
    const snapshot = await answered(start(noLibrary))
    expect(snapshot.topology).toBe('discrete')
    expect(snapshot.processes).toEqual([
      { pid: 9001, bytes: 1536 * 1024 ** 2 },
      { pid: 9002, bytes: 256 * 1024 ** 2 }
    ])
  })

  it('shows no figure from text that it does not understand', async () => {
    await answers('gb10-table.txt', 'no-processes.csv')
    const probe = start(noLibrary)
    const failed = await until('failed', () => probe.latest().state === 'failed' && probe.latest())
    expect(failed.note).toContain('not understood')
    expect(failed.devices).toEqual([])
  })

  it('gives nvidia-smi 5 s, then ends it and says so', async () => {
    await fakeSmi(`echo $$ > ${folder}/pid; exec /bin/sleep 600`)
    const probe = start(noLibrary, { deadlines: { ...QUICK, answerMs: 8_000, killMs: 10_000 } })
    const failed = await until('failed', () => probe.latest().state === 'failed' && probe.latest())
    expect(failed.note).toContain('did not end within 5 s')
    await gone(Number(await readFile(join(folder, 'pid'), 'utf8')))
  })

  it('reads an AMD APU from sysfs and fdinfo', async () => {
    const tree = createAmdTree()
    try {
      addStrixHalo(tree)
      tree.process(900, [{ target: '/dev/dri/renderD128', fdinfo: fixture('strix-halo.fdinfo') }])
      const snapshot = await answered(
        start({ ...noLibrary, FIREBREAK_PROC_ROOT: tree.procRoot }, { sysRoot: tree.sysRoot })
      )
      expect(snapshot).toMatchObject({ source: 'amdgpu', topology: 'amd-apu' })
      expect(snapshot.processes).toEqual([{ pid: 900, bytes: 40 * GIB }])
    } finally {
      tree.remove()
    }
  })
})

describe('the core’s end of the GPU probe', () => {
  const entry = async (script: string): Promise<string> => {
    const path = join(folder, 'entry.mjs')
    await writeFile(path, script)
    return path
  }

  it('counts lines that are no reply, and takes them for no answer', async () => {
    const entryPath = await entry(`
      process.stdin.on('data', () => process.stdout.write('garbage\\n{"read":99,"error":"x"}\\n{"read":1}\\n'))
      process.stdin.on('end', () => process.exit(0))`)
    const probe = start({}, { entryPath })
    await until('stuck', () => probe.latest().state === 'stuck')
    expect(probe.malformedLines).toBeGreaterThanOrEqual(3)
    const first = probe.pid!
    await until('ended', () => probe.pid !== first)
  })

  it('has failed with the last words of a probe that cannot start', async () => {
    const entryPath = await entry(`throw new Error('koffi is missing')`)
    const probe = start({}, { entryPath })
    const failed = await until('failed', () => probe.latest().state === 'failed' && probe.latest())
    expect(failed.note).toContain('koffi is missing')
    await until('a later try', () => warnings.length >= 4)
    expect(warnings.map((line) => /in (\d+) ms/.exec(line)?.[1])).toEqual(
      expect.arrayContaining(['50', '100', '200', '400'])
    )
  })

  it('has failed, and does not throw, where there is no Node', async () => {
    const probe = start({}, { nodePath: join(folder, 'no-node') })
    const failed = await until('failed', () => probe.latest().state === 'failed' && probe.latest())
    expect(failed.note).toContain('could not be started')
  })

  it('is not drowned by a line without end', async () => {
    const entryPath = await entry(`
      const line = 'x'.repeat(3 * 1024 * 1024)
      process.stdin.once('data', () => process.stdout.write(line + '\\n', () => {
        process.stdout.write('{"read":1,"error":"said late"}\\n')
      }))
      process.stdin.on('end', () => process.exit(0))`)
    const probe = start({}, { entryPath })
    const failed = await until('an answer', () => probe.latest().state === 'failed' && probe.latest())
    expect(failed.note).toContain('said late')
    expect(probe.malformedLines).toBeGreaterThanOrEqual(1)
  })
})

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createMachineView } from '../../src/main/sampler/machine-view.ts'
import { createSampler, type Sampler } from '../../src/main/sampler/sampler.ts'
import { ledger } from '../../src/shared/domain/ledger/ledger.ts'
import { NO_GPU_YET } from '../../src/shared/model/gpu.ts'
import type { Snapshot } from '../../src/shared/model/snapshot.ts'

// The sampler and the ledger on the machine that runs this test.

const MIB = 2 ** 20
const HELD_BYTES = 300 * MIB
const DEADLINE_MS = 20_000

/** Holds memory it has written to, says so on stdout, and waits. */
const HOLDER = `const held = Buffer.alloc(${HELD_BYTES}, 1); console.log(held.length); setInterval(() => held[0], 1000)`

let sampler: Sampler
let holder: ChildProcess | null = null
const waiting = new Set<(snapshot: Snapshot) => void>()

/** The first snapshot, from the next on, of which `holds` is true. */
const until = (holds: (snapshot: Snapshot) => boolean): Promise<Snapshot> =>
  new Promise((done, failed) => {
    const late = setTimeout(() => {
      waiting.delete(look)
      failed(new Error('no such snapshot in time'))
    }, DEADLINE_MS)
    const look = (snapshot: Snapshot): void => {
      if (!holds(snapshot)) return
      waiting.delete(look)
      clearTimeout(late)
      done(snapshot)
    }
    waiting.add(look)
  })

async function startHolder(): Promise<number> {
  holder = spawn(process.execPath, ['-e', HOLDER], { stdio: ['ignore', 'pipe', 'inherit'] })
  if (holder.pid === undefined || holder.stdout === null) throw new Error('the holder did not start')
  await once(holder.stdout, 'data')
  return holder.pid
}

async function endHolder(): Promise<void> {
  if (holder === null) return
  const ended = once(holder, 'exit')
  holder.kill('SIGKILL')
  await ended
  holder = null
}

beforeEach(() => {
  sampler = createSampler({
    places: { procRoot: '/proc', sysRoot: '/sys' },
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    logger: { info: () => undefined, warn: () => undefined, error: (line) => console.error(line) },
    gpu: () => NO_GPU_YET,
    onSnapshot(snapshot) {
      for (const look of waiting) look(snapshot)
    }
  })
})
afterEach(async () => {
  sampler.dispose()
  await endHolder()
})

const processIn = (snapshot: Snapshot, pid: number) =>
  snapshot.processes.find((process) => process.pid === pid)

it('sees a process come, hold memory, and go', async () => {
  sampler.start()
  const pid = await startHolder()
  const during = await until((snapshot) => Number(processIn(snapshot, pid)?.anonBytes) >= HELD_BYTES)
  expect(processIn(during, pid)).toMatchObject({ parentPid: process.pid, userId: process.getuid?.() })
  expect(processIn(during, pid)?.commandLine?.[1]).toBe('-e')

  const made = ledger({ ...during, runners: [{ id: 'r', label: 'Holder', pids: [pid] }] })
  expect(made.parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(made.memTotalBytes)
  const part = made.parts.find(({ id }) => id === 'runner:r')
  expect(part?.pids).toEqual([pid])
  expect(part?.bytes).toBeGreaterThanOrEqual(HELD_BYTES)
  expect(part?.bytes).toBeLessThan(2 * HELD_BYTES)

  await endHolder()
  const after = await until((snapshot) => processIn(snapshot, pid) === undefined)
  expect(after.sequence).toBeGreaterThan(during.sequence)
})

it('samples at 4 Hz while loading', async () => {
  sampler.start()
  sampler.setLoading(true)
  const first = await until(({ intervalMs }) => intervalMs === 250)
  const tenth = await until(({ sequence }) => sequence >= first.sequence + 10)
  // Ten intervals; a machine busy with other tests may be late, never early.
  expect(tenth.monotonicMs - first.monotonicMs).toBeGreaterThan(2_300)
})

it('reads every source of this kernel, and the ledger adds up on it', async () => {
  const snapshot = sampler.sampleNow()
  expect(snapshot.perCpuFreeBytes).toBeTypeOf('number')
  expect(snapshot.vmStat).not.toBe('unknown')
  expect(snapshot.buddy).not.toBe('unknown')
  expect(snapshot.cpu.cores).toBeGreaterThan(0)
  expect(processIn(snapshot, process.pid)?.rssBytes).toBeGreaterThan(10 * MIB)
  const made = ledger({ ...snapshot, runners: [] })
  expect(made.parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(snapshot.memInfo.memTotalBytes)
})

it('the machine view sees what the kernel sees', async () => {
  const machine = createMachineView({ procRoot: '/proc', gpu: () => NO_GPU_YET })
  const own = machine.processes().find(({ pid }) => pid === process.pid)
  expect(own?.parentPid).toBe(process.ppid)
  expect(machine.hostBytes(process.pid)?.anonAndShmemBytes).toBeGreaterThan(5 * MIB)
  expect(machine.availableBytes()).toBeGreaterThan(0)
  const pid = await startHolder()
  expect(machine.hostBytes(pid)?.anonAndShmemBytes).toBeGreaterThanOrEqual(HELD_BYTES)
  await endHolder()
  expect(machine.hostBytes(pid)).toBeNull()
})

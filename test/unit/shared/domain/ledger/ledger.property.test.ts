import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ledger, type LedgerInput } from '../../../../../src/shared/domain/ledger/ledger.ts'
import { shareOut } from '../../../../../src/shared/domain/ledger/share-out.ts'
import { LEDGER_KINDS } from '../../../../../src/shared/model/ledger.ts'
import type { MemInfo, ProcessInfo } from '../../../../../src/shared/model/snapshot.ts'
import { bytesOf, GB10, GIB, processOf, total } from './inputs.ts'

const RUNS = 500
const TIB = 1024 * GIB

const bytes = fc.oneof(
  fc.nat(4096),
  fc.integer({ min: 0, max: 200 * GIB }),
  fc.integer({ min: 0, max: TIB }),
  fc.double({ min: 0, max: TIB, noNaN: true })
)
const reading = fc.oneof(
  { weight: 5, arbitrary: bytes },
  fc.constant('unknown' as const),
  fc.constant('not-supported' as const)
)
const pid = fc.integer({ min: 1, max: 40 })

const memInfo: fc.Arbitrary<MemInfo> = fc.record({
  memTotalBytes: bytes,
  memFreeBytes: bytes,
  memAvailableBytes: bytes,
  buffersBytes: reading,
  cachedBytes: reading,
  shmemBytes: reading,
  anonPagesBytes: reading,
  mlockedBytes: reading,
  slabReclaimableBytes: reading,
  slabUnreclaimableBytes: reading,
  kernelStackBytes: reading,
  pageTablesBytes: reading,
  secPageTablesBytes: reading,
  percpuBytes: reading,
  hugetlbBytes: reading,
  hugePagesTotal: reading,
  hugePagesFree: reading,
  hugePageSizeBytes: reading,
  swapTotalBytes: reading,
  swapFreeBytes: reading,
  dirtyBytes: reading,
  writebackBytes: reading
})

const process: fc.Arbitrary<ProcessInfo> = fc
  .record({
    pid,
    name: fc.oneof(fc.constantFrom('gnome-shell', 'python3', 'firefox', 'llama-server', ''), fc.string()),
    anonBytes: reading,
    shmemBytes: reading,
    fileBytes: reading,
    cgroup: fc.constantFrom(null, '/', '/user.slice/user-1.slice/user@1.service/app.slice/a.scope'),
    commandLine: fc.option(fc.array(fc.string(), { maxLength: 4 }))
  })
  .map((some) => processOf(some.pid, some.name, some))

const input: fc.Arbitrary<LedgerInput> = fc.record({
  memInfo,
  perCpuFreeBytes: reading,
  processes: fc.array(process, { maxLength: 60 }),
  gpu: fc.record({
    topology: fc.constantFrom('unified', 'discrete', 'amd-apu', 'none'),
    processes: fc.array(fc.record({ pid, bytes: reading }), { maxLength: 30 })
  }),
  runners: fc.array(
    fc.record({ id: fc.string({ maxLength: 2 }), label: fc.string(), pids: fc.array(pid, { maxLength: 8 }) }),
    { maxLength: 5 }
  )
})

/** A machine that makes sense, with one process of interest and others beside it. */
const steady = fc.record({
  memInfo: fc.record({
    memFreeBytes: fc.integer({ min: 30 * GIB, max: 60 * GIB }),
    anonPagesBytes: fc.integer({ min: 0, max: 20 * GIB }),
    shmemBytes: fc.integer({ min: 0, max: 4 * GIB })
  }),
  mine: fc.integer({ min: GIB, max: 10 * GIB }),
  mineOnGpu: fc.integer({ min: 0, max: 40 * GIB }),
  others: fc.array(fc.integer({ min: 0, max: 12 * GIB }), { maxLength: 8 }),
  othersOnGpu: fc.array(fc.integer({ min: 0, max: 40 * GIB }), { maxLength: 8 }),
  more: fc.integer({ min: 1, max: 20 * GIB })
})

interface Steady {
  readonly memInfo: Pick<MemInfo, 'memFreeBytes' | 'anonPagesBytes' | 'shmemBytes'>
  readonly mine: number
  readonly mineOnGpu: number
  readonly others: readonly number[]
  readonly othersOnGpu: readonly number[]
}
const MINE = 'process:1000:10000'
const build = (some: Steady): LedgerInput => ({
  memInfo: { ...GB10, ...some.memInfo },
  perCpuFreeBytes: 0,
  processes: [
    processOf(1000, 'mine', { anonBytes: some.mine }),
    ...some.others.map((anonBytes, i) => processOf(2000 + i, 'theirs', { anonBytes }))
  ],
  gpu: {
    topology: 'unified',
    processes: [
      { pid: 1000, bytes: some.mineOnGpu },
      ...some.othersOnGpu.map((held, i) => ({ pid: 2000 + i, bytes: held }))
    ]
  },
  runners: []
})

describe('whatever the readings', () => {
  it('parts are whole, not negative, unique, in order, and add up to MemTotal', () => {
    fc.assert(
      fc.property(input, (given) => {
        const made = ledger(given)
        expect(made.memTotalBytes).toBe(Math.floor(given.memInfo.memTotalBytes))
        expect(total(made)).toBe(made.memTotalBytes)
        for (const part of made.parts) {
          expect(Number.isSafeInteger(part.gpuBytes) && part.gpuBytes >= 0).toBe(true)
          expect(Number.isSafeInteger(part.hostBytes) && part.hostBytes >= 0).toBe(true)
          expect(part.bytes).toBe(part.gpuBytes + part.hostBytes)
        }
        expect(new Set(made.parts.map(({ id }) => id)).size).toBe(made.parts.length)
        const kinds = made.parts.map(({ kind }) => LEDGER_KINDS.indexOf(kind))
        expect(kinds).toEqual(kinds.toSorted((a, b) => a - b))
      }),
      { numRuns: RUNS }
    )
  })

  it('no pid stands in two parts', () => {
    fc.assert(
      fc.property(input, (given) => {
        const pids = ledger(given).parts.flatMap((part) => part.pids ?? [])
        expect(new Set(pids).size).toBe(pids.length)
      }),
      { numRuns: RUNS }
    )
  })

  it('is the same for the same input and leaves it alone', () => {
    fc.assert(
      fc.property(input, (given) => {
        const copy = structuredClone(given)
        expect(ledger(given)).toEqual(ledger(given))
        expect(given).toEqual(copy)
      }),
      { numRuns: 50 }
    )
  })
})

describe('monotone under added load', () => {
  it('more anonymous memory never lowers a part', () => {
    fc.assert(
      fc.property(steady, ({ more, ...some }) => {
        const { memFreeBytes, anonPagesBytes, shmemBytes } = some.memInfo
        const grown = {
          ...some,
          mine: some.mine + more,
          memInfo: {
            memFreeBytes: memFreeBytes - more,
            anonPagesBytes: Number(anonPagesBytes) + more,
            shmemBytes
          }
        }
        expect(bytesOf(ledger(build(grown)), MINE)).toBeGreaterThanOrEqual(bytesOf(ledger(build(some)), MINE))
      }),
      { numRuns: RUNS }
    )
  })

  it('more GPU memory never lowers a part', () => {
    fc.assert(
      fc.property(steady, ({ more, ...some }) => {
        const memInfo = { ...some.memInfo, memFreeBytes: some.memInfo.memFreeBytes - more }
        const grown = { ...some, mineOnGpu: some.mineOnGpu + more, memInfo }
        expect(bytesOf(ledger(build(grown)), MINE)).toBeGreaterThanOrEqual(bytesOf(ledger(build(some)), MINE))
      }),
      { numRuns: RUNS }
    )
  })
})

describe('sharing out', () => {
  const claims = fc.array(fc.integer({ min: 0, max: 200 * GIB }), { maxLength: 50 })

  it('gives nobody more than the claim and loses nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 * GIB }), claims, (available, wanted) => {
        const { shares, rest } = shareOut(available, wanted)
        expect(shares.reduce((sum, share) => sum + share, 0) + rest).toBe(available)
        for (const [i, share] of shares.entries()) {
          expect(share >= 0 && Number.isInteger(share) && share <= (wanted[i] ?? 0)).toBe(true)
        }
        expect(rest).toBeGreaterThanOrEqual(0)
        if (wanted.reduce((sum, claim) => sum + claim, 0) > available)
          expect(rest).toBeLessThanOrEqual(wanted.length)
      })
    )
  })
})

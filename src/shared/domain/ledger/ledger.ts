import type { GpuSnapshot } from '../../model/gpu.ts'
import { LEDGER_KINDS, type Ledger, type LedgerPart } from '../../model/ledger.ts'
import { isKnown, orZero, type Reading } from '../../model/reading.ts'
import type { MemInfo, ProcessInfo } from '../../model/snapshot.ts'
import { findHolders, toBytes, type Holder, type RunnerPids } from './holders.ts'
import { shareOut } from './share-out.ts'

export interface LedgerInput {
  readonly memInfo: MemInfo
  readonly perCpuFreeBytes: Reading
  readonly processes: readonly ProcessInfo[]
  readonly gpu: Pick<GpuSnapshot, 'topology' | 'processes'>
  readonly runners: readonly RunnerPids[]
}

const sum = (...readings: readonly Reading[]): number =>
  readings.reduce<number>((total, reading) => total + toBytes(orZero(reading)), 0)

/** Kinds that are always there, so that no bar jumps when one of them is empty for a moment. */
const FIXED: Readonly<Record<'shared' | 'hugepages' | 'kernel' | 'unattributed' | 'cache' | 'free', string>> =
  {
    shared: 'Shared memory',
    hugepages: 'Huge pages',
    kernel: 'Kernel',
    unattributed: 'Unattributed',
    cache: 'File cache',
    free: 'Free'
  }

const fixedPart = (kind: keyof typeof FIXED, bytes: number): LedgerPart => ({
  id: kind,
  label: FIXED[kind],
  kind,
  bytes,
  gpuBytes: 0,
  hostBytes: bytes
})

function holderPart(holder: Holder, gpuBytes: number, hostBytes: number): LedgerPart {
  const { id, label, kind } = holder
  const part = { id, label, kind, bytes: gpuBytes + hostBytes, gpuBytes, hostBytes }
  switch (kind) {
    case 'runner':
    case 'process':
      return { ...part, pids: holder.pids, mappedFileBytes: toBytes(holder.fileBytes) }
    case 'desktop':
      return { ...part, pids: holder.pids }
    // A remainder, not a list of processes.
    case 'other':
      return part
  }
}

const byOrder = (a: LedgerPart, b: LedgerPart): number =>
  LEDGER_KINDS.indexOf(a.kind) - LEDGER_KINDS.indexOf(b.kind) ||
  b.bytes - a.bytes ||
  (a.id < b.id ? -1 : Number(a.id > b.id))

/**
 * Where every byte of MemTotal is: disjoint parts ≥ 0 that add up exactly, whatever the readings.
 *
 * The readings are taken one after another while memory moves, so they may not fit together. They are therefore
 * taken out of MemTotal in a fixed order, each no more than what is left: free, huge pages, kernel, anonymous
 * pages, shared memory, file cache; then what the driver says that processes hold on the GPU, where that comes
 * out of the same memory; the rest is unattributed. Anonymous and shared pages are dealt out to their holders,
 * scaled down where these claim more than there is (pages shared after fork are claimed twice); what nobody
 * claims by name is 'other'. File pages stay in 'cache': the kernel takes them back at need.
 */
export function ledger(input: LedgerInput): Ledger {
  const { memInfo, gpu } = input
  const memTotalBytes = toBytes(memInfo.memTotalBytes)
  let left = memTotalBytes
  const take = (bytes: number): number => {
    const taken = Math.min(left, toBytes(bytes))
    left -= taken
    return taken
  }

  const fromSystemMemory = gpu.topology === 'unified' || gpu.topology === 'amd-apu'
  const holders = findHolders(
    memTotalBytes,
    input.processes,
    fromSystemMemory ? gpu.processes : [],
    input.runners
  )
  const named = holders.filter((holder) => holder.kind !== 'other')

  const free = take(sum(memInfo.memFreeBytes, input.perCpuFreeBytes))
  const hugepages = take(sum(memInfo.hugetlbBytes))
  const kernel = take(
    sum(
      memInfo.slabReclaimableBytes,
      memInfo.slabUnreclaimableBytes,
      memInfo.kernelStackBytes,
      memInfo.pageTablesBytes,
      memInfo.secPageTablesBytes,
      memInfo.percpuBytes
    )
  )
  const claimedAnon = holders.reduce((total, holder) => total + holder.anonBytes, 0)
  const anonTotal = take(isKnown(memInfo.anonPagesBytes) ? memInfo.anonPagesBytes : claimedAnon)
  const anon = shareOut(
    anonTotal,
    named.map((holder) => holder.anonBytes)
  )
  // Small processes' shared memory stays in 'shared': it is theirs together, and few of them are asked.
  const claimedShmem = named.reduce((total, holder) => total + holder.shmemBytes, 0)
  const shmemTotal = take(isKnown(memInfo.shmemBytes) ? memInfo.shmemBytes : claimedShmem)
  const shmem = shareOut(
    shmemTotal,
    named.map((holder) => holder.shmemBytes)
  )
  const cache = take(sum(memInfo.cachedBytes, memInfo.buffersBytes) - toBytes(orZero(memInfo.shmemBytes)))
  const onGpu = shareOut(
    left,
    holders.map((holder) => holder.gpuBytes)
  )
  const gpuByHolder = new Map(holders.map((holder, index) => [holder, onGpu.shares[index] ?? 0]))
  take(left - onGpu.rest)

  const parts = named.map((holder, index) =>
    holderPart(holder, gpuByHolder.get(holder) ?? 0, (anon.shares[index] ?? 0) + (shmem.shares[index] ?? 0))
  )
  for (const holder of holders) {
    if (holder.kind === 'other') parts.push(holderPart(holder, gpuByHolder.get(holder) ?? 0, anon.rest))
  }
  parts.push(
    fixedPart('shared', shmem.rest),
    fixedPart('hugepages', hugepages),
    fixedPart('kernel', kernel),
    fixedPart('unattributed', left),
    fixedPart('cache', cache),
    fixedPart('free', free)
  )
  const shown = parts.filter((part) => part.bytes > 0 || (part.kind !== 'runner' && part.kind !== 'process'))
  return { memTotalBytes, parts: shown.sort(byOrder) }
}

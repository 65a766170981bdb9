import type { GpuSnapshot } from '../../model/gpu.ts'
import { orZero } from '../../model/reading.ts'
import type { ProcessInfo } from '../../model/snapshot.ts'
import { isDesktopCgroup, isDesktopName } from './desktop.ts'
import { processLabel } from './label.ts'

const MIB = 1024 * 1024
/** A process with this share of memory, or this much, is a part of its own. */
const BIG_SHARE = 0.01
const BIG_BYTES = 512 * MIB
/** A GPU process is worth naming earlier: an idle CUDA context alone takes 100 to 200 MiB. */
const BIG_GPU_BYTES = 64 * MIB
/** More bars than this nobody reads; the smallest go to 'other'. */
const MAX_PROCESS_PARTS = 40

export interface RunnerPids {
  readonly id: string
  readonly label: string
  readonly pids: readonly number[]
}

/** Who holds memory, as claimed: not yet checked against what the kernel says there is. */
export interface Holder {
  readonly id: string
  readonly label: string
  readonly kind: 'runner' | 'process' | 'desktop' | 'other'
  readonly pids: number[]
  anonBytes: number
  shmemBytes: number
  fileBytes: number
  gpuBytes: number
}

interface Claim {
  readonly pid: number
  readonly process: ProcessInfo | null
  readonly anonBytes: number
  readonly shmemBytes: number
  readonly gpuBytes: number
}

/** A whole number of bytes ≥ 0, whatever came in. */
export const toBytes = (value: number): number =>
  value > 0 ? Math.floor(Math.min(value, Number.MAX_SAFE_INTEGER)) : 0

const emptyHolder = (id: string, label: string, kind: Holder['kind']): Holder => ({
  id,
  label,
  kind,
  pids: [],
  anonBytes: 0,
  shmemBytes: 0,
  fileBytes: 0,
  gpuBytes: 0
})

function add(holder: Holder, claim: Claim): void {
  holder.pids.push(claim.pid)
  holder.anonBytes += claim.anonBytes
  holder.shmemBytes += claim.shmemBytes
  holder.gpuBytes += claim.gpuBytes
  holder.fileBytes += toBytes(orZero(claim.process?.fileBytes ?? 0))
}

/** One claim per pid: a second row of a pid is the same process, never more memory. */
function claims(processes: readonly ProcessInfo[], gpuRows: GpuSnapshot['processes']): Map<number, Claim> {
  const gpuBytes = new Map<number, number>()
  for (const row of gpuRows) {
    gpuBytes.set(row.pid, Math.max(gpuBytes.get(row.pid) ?? 0, toBytes(orZero(row.bytes))))
  }
  const byPid = new Map<number, Claim>()
  for (const process of processes) {
    if (byPid.has(process.pid)) continue
    byPid.set(process.pid, {
      pid: process.pid,
      process,
      anonBytes: toBytes(orZero(process.anonBytes)),
      shmemBytes: toBytes(orZero(process.shmemBytes)),
      gpuBytes: gpuBytes.get(process.pid) ?? 0
    })
  }
  // The driver may still name a process that has just ended, or one of another pid namespace.
  for (const [pid, bytes] of gpuBytes) {
    if (!byPid.has(pid)) byPid.set(pid, { pid, process: null, anonBytes: 0, shmemBytes: 0, gpuBytes: bytes })
  }
  return byPid
}

const claimed = (claim: Claim): number => claim.anonBytes + claim.shmemBytes + claim.gpuBytes

function isBig(claim: Claim, memTotalBytes: number): boolean {
  const bytes = claimed(claim)
  return (
    bytes >= BIG_BYTES || (bytes > 0 && bytes >= memTotalBytes * BIG_SHARE) || claim.gpuBytes >= BIG_GPU_BYTES
  )
}

function processHolder(claim: Claim): Holder {
  const { pid, process } = claim
  const id = `process:${pid}:${process?.startTicks ?? 0}`
  const holder = emptyHolder(id, process ? processLabel(process) : `GPU process ${pid}`, 'process')
  add(holder, claim)
  return holder
}

/**
 * Sorts every process into exactly one holder: its runner; the desktop by name; a part of its own when big; the
 * desktop by its cgroup; else 'other'. Big goes before cgroup, so that a script started from the desktop is seen.
 */
export function findHolders(
  memTotalBytes: number,
  processes: readonly ProcessInfo[],
  gpuRows: GpuSnapshot['processes'],
  runners: readonly RunnerPids[]
): readonly Holder[] {
  const byPid = claims(processes, gpuRows)
  const holders = new Map<string, Holder>()
  for (const runner of runners) {
    const id = `runner:${runner.id}`
    const holder = holders.get(id) ?? emptyHolder(id, runner.label, 'runner')
    holders.set(id, holder)
    for (const pid of runner.pids) {
      const claim = byPid.get(pid)
      if (claim === undefined) continue
      add(holder, claim)
      byPid.delete(pid)
    }
  }
  const desktop = emptyHolder('desktop', 'Desktop', 'desktop')
  const other = emptyHolder('other', 'Other processes', 'other')
  const big: Claim[] = []
  for (const claim of byPid.values()) {
    if (claim.process !== null && isDesktopName(claim.process.name)) add(desktop, claim)
    else if (isBig(claim, memTotalBytes)) big.push(claim)
    else if (claim.process !== null && isDesktopCgroup(claim.process)) add(desktop, claim)
    else add(other, claim)
  }
  big.sort((a, b) => claimed(b) - claimed(a) || a.pid - b.pid)
  for (const claim of big.slice(0, MAX_PROCESS_PARTS)) {
    const holder = processHolder(claim)
    holders.set(holder.id, holder)
  }
  for (const claim of big.slice(MAX_PROCESS_PARTS)) add(other, claim)
  return [...holders.values(), desktop, other]
}

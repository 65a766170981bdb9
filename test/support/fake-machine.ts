import type { Clock } from '../../src/main/platform/ports.ts'
import type { MachineView } from '../../src/main/runners/supervisor/types.ts'
import type { ProcessInfo } from '../../src/shared/model/snapshot.ts'

/** One row of a process table; what a test does not care about is plausible. */
export function processRow(row: Partial<ProcessInfo> & { readonly pid: number }): ProcessInfo {
  return {
    parentPid: 1,
    processGroupId: row.pid,
    startTicks: row.pid * 10,
    name: `p${row.pid}`,
    state: 'S',
    cpuTicks: 0,
    rssBytes: 0,
    anonBytes: 'unknown',
    shmemBytes: 'unknown',
    fileBytes: 'unknown',
    cgroup: null,
    commandLine: null,
    userId: null,
    ...row
  }
}

/** A machine whose processes, memory and clock a test moves by hand. */
export interface FakeMachine extends MachineView {
  table: readonly ProcessInfo[]
  available: number
  readonly clock: Clock
  advance(ms: number): void
}

export function fakeMachine(table: readonly ProcessInfo[] = []): FakeMachine {
  let nowMs = 1_000
  return {
    table,
    available: 1_000_000,
    processes() {
      return this.table
    },
    hostBytes: () => null,
    gpuBytes: () => 0,
    freshGpu: async () => true,
    availableBytes() {
      return this.available
    },
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    advance(ms) {
      nowMs += ms
    }
  }
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandOutput } from '../../shared/contract/commands.ts'
import type { ProcessInfo } from '../../shared/model/snapshot.ts'
import type { Clock } from '../platform/ports.ts'

/** Linux counts process CPU time in 1/100 s on every supported architecture (USER_HZ). */
const TICKS_PER_S = 100

/**
 * What Firebreak itself takes: proportional memory of the core and everything it started that is no runner,
 * and CPU since the last question. Reading PSS walks page tables, so it happens only when somebody asks.
 */
export interface OwnCost {
  /** `roles` names our own processes by pid; Node calls all of them 'MainThread'. */
  read(
    processes: readonly ProcessInfo[],
    runnerPids: ReadonlySet<number>,
    roles: ReadonlyMap<number, string>
  ): CommandOutput<'app.own-cost'>
}

export function createOwnCost(procRoot: string, clock: Clock): OwnCost {
  let lastMs: number | null = null
  let lastTicks = new Map<number, number>()
  return {
    read(processes, runnerPids, roles) {
      const own = ownProcesses(processes, runnerPids)
      const nowMs = clock.monotonicMs()
      const ticks = new Map(own.map((one) => [one.pid, one.cpuTicks]))
      let spent = 0
      for (const [pid, now] of ticks) spent += Math.max(0, now - (lastTicks.get(pid) ?? 0))
      const elapsedS = lastMs === null ? process.uptime() : (nowMs - lastMs) / 1000
      lastMs = nowMs
      lastTicks = ticks
      return {
        processes: own.map(({ pid, name }) => ({
          name: roles.get(pid) ?? name,
          pid,
          pssBytes: pssBytes(procRoot, pid)
        })),
        cpuPctOfOneCore: elapsedS > 0 ? (spent / TICKS_PER_S / elapsedS) * 100 : 'unknown'
      }
    }
  }
}

function ownProcesses(all: readonly ProcessInfo[], runnerPids: ReadonlySet<number>): readonly ProcessInfo[] {
  const own = new Set([process.pid])
  let grew = true
  while (grew) {
    grew = false
    for (const one of all) {
      if (own.has(one.pid) || runnerPids.has(one.pid) || !own.has(one.parentPid)) continue
      own.add(one.pid)
      grew = true
    }
  }
  return all.filter((one) => own.has(one.pid))
}

function pssBytes(procRoot: string, pid: number): number | 'unknown' {
  try {
    const line = /^Pss:\s+(\d+) kB$/m.exec(
      readFileSync(join(procRoot, String(pid), 'smaps_rollup'), 'latin1')
    )
    return line?.[1] === undefined ? 'unknown' : Number(line[1]) * 1024
  } catch {
    return 'unknown'
  }
}

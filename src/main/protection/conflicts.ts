import { join } from 'node:path'
import type { Conflict } from '../../shared/model/guard.ts'
import type { Reading } from '../../shared/model/reading.ts'
import { disposable, type Disposable } from '../../shared/util/disposable.ts'
import type { ConflictRoots } from './conflict-roots.ts'
import { earlyoomConflicts } from './earlyoom.ts'
import { parseConflictMemory } from './memory.parse.ts'
import { findNamed } from './named-processes.ts'
import { nohangConflicts, oomdConflicts } from './other-guards.ts'
import { rayConflicts } from './ray.ts'
import { readText } from './read-text.ts'
import { swapConflicts } from './swap.ts'

const GUARD_NAMES: ReadonlySet<string> = new Set(['earlyoom', 'nohang', 'systemd-oomd', 'raylet'])
/** Somebody may install a guard while Firebreak runs; minutes late is early enough. */
const LOOK_AGAIN_MS = 10 * 60_000

/** What Firebreak knows better than /proc. */
export interface ConflictMachine {
  readonly gpuBytes: Reading
  /** CPU and GPU share one memory. */
  readonly isUnified: boolean
}

/**
 * Other guards and settings of this machine that would fire first, at the wrong one, or slow it to a halt.
 *
 * Reads only, starts nothing, asks nobody. Blocks for one small file per process and some twenty more (0.5 ms with 90
 * processes), so it belongs at the start, every ten minutes and on demand, never into a tick.
 */
export function findConflicts(roots: ConflictRoots, machine: ConflictMachine): readonly Conflict[] {
  const running = findNamed(roots.procRoot, GUARD_NAMES)
  const memory = parseConflictMemory(readText(join(roots.procRoot, 'meminfo')) ?? '')
  return [
    ...earlyoomConflicts(roots, running, memory, machine.gpuBytes),
    ...oomdConflicts(roots, running),
    ...nohangConflicts(running),
    ...rayConflicts(roots, running, memory),
    ...swapConflicts(roots, memory, machine.isUnified)
  ]
}

export interface ConflictWatch extends Disposable {
  /** As of the last look. */
  current(): readonly Conflict[]
  /** Looks now. */
  look(): readonly Conflict[]
}

/** Looks at once and then every ten minutes. */
export function watchConflicts(roots: ConflictRoots, machine: () => ConflictMachine): ConflictWatch {
  let last: readonly Conflict[] = []
  const look = (): readonly Conflict[] => {
    last = findConflicts(roots, machine())
    return last
  }
  look()
  const timer = setInterval(look, LOOK_AGAIN_MS)
  timer.unref()
  return { current: () => last, look, ...disposable(() => clearInterval(timer)) }
}

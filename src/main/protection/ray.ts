import { join } from 'node:path'
import type { Conflict } from '../../shared/model/guard.ts'
import { isKnown } from '../../shared/model/reading.ts'
import { bytesInWords } from '../../shared/util/bytes-in-words.ts'
import type { ConflictRoots } from './conflict-roots.ts'
import { parseEnvironment } from './environ.parse.ts'
import type { ConflictMemory } from './memory.parse.ts'
import type { NamedProcess } from './named-processes.ts'
import { readText } from './read-text.ts'

const SWITCH = 'RAY_memory_monitor_refresh_ms'
/** Ray's default: workers are killed above this share of the machine's memory. */
const DEFAULT_THRESHOLD = 0.95

/** Ray's memory monitor, per raylet; in a container and of other users its environment may not be readable. */
export function rayConflicts(
  roots: ConflictRoots,
  running: readonly NamedProcess[],
  { memTotalBytes }: ConflictMemory
): readonly Conflict[] {
  const raylets = running
    .filter(({ name }) => name === 'raylet')
    .map(({ pid }) => ({ pid, environment: readText(join(roots.procRoot, String(pid), 'environ')) }))
  const open = raylets.filter(
    ({ environment }) =>
      environment === null || Number(parseEnvironment(environment, SWITCH) ?? Number.NaN) !== 0
  )
  const known = open.find(({ environment }) => environment !== null)
  const shown = known ?? open[0]
  if (shown === undefined) return []
  const set = Number(
    parseEnvironment(shown.environment ?? '', 'RAY_memory_usage_threshold') ?? DEFAULT_THRESHOLD
  )
  const threshold = set > 0 && set <= 1 ? set : DEFAULT_THRESHOLD
  const left = isKnown(memTotalBytes) ? ` (${bytesInWords(memTotalBytes * (1 - threshold))} left here)` : ''
  return [
    {
      id: 'ray-memory-monitor',
      severity: known === undefined ? 'info' : 'warning',
      title: known === undefined ? "Ray's memory monitor may be on" : "Ray's memory monitor is on",
      text:
        `Ray (pid ${shown.pid}) kills its workers when the machine uses over ${Math.round(threshold * 100)} % of ` +
        `memory${left}. A big model that loads well gets there; it then looks as if loading hung.` +
        (known === undefined ? ' Whether it is on could not be read: the process is not yours.' : ''),
      whatToDo: `Start Ray with ${SWITCH}=0, in its container where it runs in one. Firebreak guards instead.`,
      commands: [`export ${SWITCH}=0`]
    }
  ]
}

import type { FoundRunner } from '../../../shared/model/runner.ts'
import { containerIdOf } from '../supervisor/container-cgroup.ts'
import type { SystemdUnit } from '../supervisor/systemd-unit.ts'
import { cgroupPath, pathOfUnit } from '../supervisor/unit-members.ts'

/** Who started a runner, and what would start it again. */
export interface Origin {
  readonly startedBy: FoundRunner['startedBy']
  /** Unit or container, as people name it. */
  readonly name: string | null
  readonly containerId: string | null
  /** Set where the runner is that unit's own process: systemd may start it again. */
  readonly unit: SystemdUnit | null
}

/** As engines list them. */
const SHORT_ID_CHARACTERS = 12
/** Programs that people type into. */
const SHELLS = /^(?:ba|z|fi|da|k|tc|c)?sh$|^tmux|^screen|^nu$/

/**
 * A terminal counts before a unit: shells of some terminals run in the terminal's own service, and to stop that one
 * would end them all.
 */
export function originOf(facts: {
  /** Text of /proc/PID/cgroup. */
  readonly cgroup: string | null
  readonly hasTerminal: boolean
  readonly parentName: string | null
  /** All that belongs to the runner. */
  readonly memberPids: ReadonlySet<number>
  /** All in a cgroup and below it; none where that cannot be read. */
  readonly pidsIn: (cgroupPath: string) => readonly number[]
}): Origin {
  const { cgroup, hasTerminal, parentName, memberPids, pidsIn } = facts
  const containerId = containerIdOf(cgroup ?? '')
  if (containerId !== null) {
    const name = containerId.slice(0, SHORT_ID_CHARACTERS)
    return { startedBy: 'container', name, containerId, unit: null }
  }
  const plain = { containerId: null, unit: null }
  if (hasTerminal) return { startedBy: 'terminal', name: null, ...plain }
  const path = cgroupPath(cgroup ?? '') ?? ''
  const unit = unitOf(path)
  if (unit !== null) {
    const isItsOwn = parentName === 'systemd' || parentName === 'init' || parentName === null
    if (!isItsOwn) return { startedBy: 'systemd', name: unit.name, ...plain }
    // What a program of the unit left in the background has systemd for a parent, too: to stop the unit ends them all.
    const inside = pidsIn(pathOfUnit(path, unit.name))
    const isAlone = inside.length > 0 && inside.every((pid) => memberPids.has(pid))
    return { startedBy: 'systemd', name: unit.name, containerId: null, unit: isAlone ? unit : null }
  }
  const isSession = /\/session-[^/]+\.scope(?:\/|$)/.test(path)
  const isShell = parentName !== null && SHELLS.test(parentName)
  return isSession || isShell
    ? { startedBy: 'terminal', name: null, ...plain }
    : { startedBy: 'other', name: null, ...plain }
}

/** The innermost service of a cgroup path that is not the user manager itself. */
function unitOf(path: string): SystemdUnit | null {
  const parts = path.split('/')
  const at = parts.findLastIndex((part) => part.endsWith('.service'))
  const name = parts[at]
  if (name === undefined || /^user@\d+\.service$/.test(name)) return null
  const isUser = parts.slice(0, at).some((part) => /^user@\d+\.service$/.test(part))
  return { name, manager: isUser ? 'user' : 'system' }
}

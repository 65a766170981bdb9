import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import { isProtectedName } from '../supervisor/bystanders.ts'
import { stopUnitCommand } from '../supervisor/systemd-unit.ts'
import type { Origin } from './origin.ts'

/** Why this user cannot adopt or stop it, and how it is stopped instead; null: both can be done here. */
export function problemOf(facts: {
  readonly root: ProcessInfo
  readonly members: readonly ProcessInfo[]
  readonly origin: Origin
  readonly userId: number | null
  readonly protectedNames: readonly string[]
  /** The engine of its container can be asked to stop it. */
  readonly engineStops: boolean
  /** Whether this user may signal a process: see maySignal. */
  readonly maySignal: (pid: number) => boolean
}): string | null {
  const { root, members, origin, userId, protectedNames, engineStops } = facts
  if (isProtectedName(root.name, protectedNames)) {
    return `${root.name} is on the protected list, which Firebreak never stops.`
  }
  const isRoot = process.getuid?.() === 0
  const { unit, containerId, name } = origin
  if (unit?.manager === 'system' && !isRoot) {
    return `It is the system's service ${unit.name}. Stop it with: ${stopUnitCommand(unit).join(' ')}`
  }
  const inside = members.find((one) => isProtectedName(one.name, protectedNames))
  if (containerId !== null && inside !== undefined) {
    return `${inside.name} in its container is on the protected list, and Firebreak can only stop a container as a whole.`
  }
  if (containerId !== null && engineStops) return null
  const refused = members.find(({ pid }) => !facts.maySignal(pid))
  if (refused === undefined) return null
  const owner = userId === null ? 'another user' : userId === 0 ? 'root' : `another user (${userId})`
  const how = containerId === null ? `sudo kill ${root.pid}` : `docker stop ${name ?? containerId}`
  return `It runs as ${owner}, so that you may not stop it from here. Stop it with: ${how}`
}

/** Asks the kernel, which knows all of ownership and rights; one that is gone is no obstacle. */
export function maySignal(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'EPERM')
  }
}

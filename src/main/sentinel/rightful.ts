import { containerOf } from '../../shared/domain/guard/container.ts'
import { BUILT_IN_PROTECTED, isProtected } from '../../shared/domain/guard/protected.ts'

/** Who a process is, as far as the right to stop it goes. */
export interface Standing {
  readonly name: string
  /** null: not known, and so nobody's to stop. */
  readonly ownerUid: number | null
  /** Its path in cgroup v2. */
  readonly cgroup: string | null
}

/** A system service, also one of a template. */
const SERVICE = /^\/system\.slice\/(?:[^/]+\.slice\/)*[^/]+\.service(?:\/|$)/

/**
 * Whatever the core orders: the desktop and what the machine stands on are never touched.
 *
 * With the installed rights an order would reach every process of this machine. Of others' than this user's only
 * containers count, and services that run under an account of their own, as Ollama's does; never root's programs
 * outside containers, and nothing in another user's session.
 */
export function mayBeStopped({ name, ownerUid, cgroup }: Standing, ownUid: number): boolean {
  if (isProtected([name], BUILT_IN_PROTECTED) || ownerUid === null) return false
  if (ownerUid === ownUid) return true
  if (cgroup === null) return false
  const session = /^\/user\.slice\/user-(\d+)\.slice(?:\/|$)/.exec(cgroup)?.[1]
  if (session !== undefined && Number(session) !== ownUid) return false
  if (containerOf(cgroup) !== null) return true
  return ownerUid !== 0 && SERVICE.test(cgroup)
}

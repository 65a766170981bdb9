import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Result } from '../../shared/util/result.ts'
import { words } from './outcome.ts'
import type { Roots } from './roots.ts'

/** A reload takes well under a second; a manager that hangs must not hang this program. */
const SYSTEMCTL_DEADLINE_MS = 20_000

/** Why no protection can be given here; null where it can. */
export function whyNoSystemd(roots: Roots): string | null {
  if (!existsSync(join(roots.run, 'systemd', 'system'))) return 'systemd does not run this machine'
  if (!existsSync(join(roots.sys, 'fs', 'cgroup', 'cgroup.controllers'))) {
    return 'the kernel does not use cgroup version 2 alone'
  }
  return existsSync(roots.systemctl) ? null : `${roots.systemctl} is missing`
}

/** Makes systemd read its units anew: the system's manager, then that of each user who is logged in. */
export function reloadManagers(roots: Roots): Result<null, string> {
  for (const manager of [null, ...userManagers(roots)]) {
    const reloaded = systemctl(roots, manager, ['daemon-reload'])
    if (!reloaded.ok) return reloaded
  }
  return { ok: true, value: null }
}

/** MemoryMin and MemoryLow of one unit as its manager has them: its drop-ins, and those of others. */
export interface ConfiguredUnit {
  readonly min: string
  readonly low: string
}

/** `uid`: whose manager; null: the system's. A user's manager that does not run has no units. */
export function configuredUnits(
  roots: Roots,
  uid: number | null,
  units: readonly string[]
): Result<ReadonlyMap<string, ConfiguredUnit>, string> {
  const manager = uid === null ? null : userManagers(roots).find((user) => user.uid === uid)
  if (manager === undefined) return { ok: true, value: new Map() }
  const shown = systemctl(roots, manager, ['show', '--property=Id,MemoryMin,MemoryLow', '--', ...units])
  return shown.ok ? { ok: true, value: parseShown(shown.value) } : shown
}

/** One block of NAME=VALUE lines per unit. 'infinity' is the kernel's 'max'. */
function parseShown(text: string): ReadonlyMap<string, ConfiguredUnit> {
  const found = new Map<string, ConfiguredUnit>()
  for (const block of text.split('\n\n')) {
    const value = (name: string): string | undefined => new RegExp(`^${name}=(.+)$`, 'm').exec(block)?.[1]
    const amount = (name: string): string | undefined => value(name)?.replace('infinity', 'max')
    const [id, min, low] = [value('Id'), amount('MemoryMin'), amount('MemoryLow')]
    if (id !== undefined && min !== undefined && low !== undefined) found.set(id, { min, low })
  }
  return found
}

interface UserManager {
  readonly uid: number
  readonly gid: number
  readonly runtimeDir: string
}

function userManagers(roots: Roots): readonly UserManager[] {
  const folder = join(roots.run, 'user')
  const names = existsSync(folder) ? readdirSync(folder) : []
  return names.flatMap((name) => {
    const runtimeDir = join(folder, name)
    if (!existsSync(join(runtimeDir, 'systemd', 'private'))) return []
    const { uid, gid } = statSync(runtimeDir)
    return String(uid) === name ? [{ uid, gid, runtimeDir }] : []
  })
}

/** A user's manager answers only that user, so root's rights are dropped for it. */
function systemctl(roots: Roots, user: UserManager | null, args: readonly string[]): Result<string, string> {
  const run = spawnSync(roots.systemctl, user ? ['--user', ...args] : args, {
    cwd: '/',
    env: { LC_ALL: 'C', ...(user && { XDG_RUNTIME_DIR: user.runtimeDir }) },
    ...(user && { uid: user.uid, gid: user.gid }),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: SYSTEMCTL_DEADLINE_MS,
    killSignal: 'SIGKILL',
    encoding: 'utf8'
  })
  if (run.status === 0) return { ok: true, value: run.stdout }
  const why = run.error ? words(run.error) : run.stderr.trim() || `exit ${run.status ?? run.signal}`
  return {
    ok: false,
    error: `systemctl ${args[0] ?? ''}${user ? ` of user ${user.uid}` : ''}: ${words(why)}`
  }
}

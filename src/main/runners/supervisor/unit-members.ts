import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import type { Places } from '../../platform/ports.ts'
import type { SystemdUnit } from './systemd-unit.ts'

/** Where version 2 is mounted; the others are those of hybrid systems and of version 1. */
const HIERARCHIES = ['', 'unified', 'systemd']

/** pids in a cgroup and in all below it; none where it cannot be read. */
export function pidsInCgroup(sysRoot: string, path: string): readonly number[] {
  for (const hierarchy of HIERARCHIES) {
    const pids = pidsBelow(join(sysRoot, 'fs', 'cgroup', hierarchy, path))
    if (pids.length > 0) return pids
  }
  return []
}

function pidsBelow(folder: string): readonly number[] {
  try {
    const own = readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)
    const below = readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory())
    return [...own, ...below.flatMap(({ name }) => pidsBelow(join(folder, name)))]
  } catch {
    return []
  }
}

/** The path in version 2 ('0::/…'), or in the first hierarchy of version 1 that says more than '/'. */
export function cgroupPath(text: string): string | null {
  const paths = text.split('\n').flatMap((line) => /^\d+:[^:]*:(\/.*)$/.exec(line)?.[1] ?? [])
  const unified = /^0::(\/.*)$/m.exec(text)?.[1]
  if (unified !== undefined && unified !== '/') return unified
  return paths.find((one) => one !== '/') ?? unified ?? null
}

/** A unit may have cgroups of its own below its first. */
export const pathOfUnit = (path: string, name: string): string =>
  path.slice(0, path.lastIndexOf(`/${name}`) + name.length + 1)

/**
 * Processes of a unit that are not among `members`: to stop the unit would end them, too. Looked for anew at every
 * stop, as what was alone in its unit when it was found may have company since.
 */
export function othersInUnit(
  { procRoot, sysRoot }: Pick<Places, 'procRoot' | 'sysRoot'>,
  { name }: SystemdUnit,
  members: readonly ProcessInfo[]
): readonly number[] {
  const own = new Set(members.map(({ pid }) => pid))
  for (const { pid } of members) {
    const path = readPath(join(procRoot, String(pid), 'cgroup'))
    if (path === null || !`${path}/`.includes(`/${name}/`)) continue
    return pidsInCgroup(sysRoot, pathOfUnit(path, name)).filter((one) => !own.has(one))
  }
  return []
}

function readPath(file: string): string | null {
  try {
    return cgroupPath(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

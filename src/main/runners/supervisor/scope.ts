import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Runners live in a slice of their own: protection of the desktop must never reach them, nor limits on them it. */
const SLICE = 'firebreak.slice'
/** Set to 'off' to launch runners without systemd scopes. */
const SCOPES_VARIABLE = 'FIREBREAK_SCOPES'
const UNIT_PREFIX = 'firebreak-'

export interface Command {
  readonly file: string
  readonly args: readonly string[]
}

/** The path of systemd-run where a user manager is there to ask for a scope; else null. */
export function findScopeLauncher(env: NodeJS.ProcessEnv): string | null {
  const runtimeDir = env['XDG_RUNTIME_DIR']
  if (!runtimeDir || env[SCOPES_VARIABLE] === 'off') return null
  if (!isSocket(join(runtimeDir, 'systemd', 'private'))) return null
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'systemd-run')
    if (folder !== '' && isExecutable(path)) return path
  }
  return null
}

/** `serial` tells launches apart: a scope's name is taken for as long as one process of it lives. */
export const scopeUnit = (id: string, serial: number): string => `${UNIT_PREFIX}${id}-${serial}`

/** With --scope systemd-run becomes the command: same pid, same start time, same streams and group. */
export function inScope(launcher: string, unit: string, command: Command): Command {
  const options = ['--user', '--scope', '--quiet', '--collect', `--slice=${SLICE}`, `--unit=${unit}`]
  return { file: launcher, args: [...options, '--', command.file, ...command.args] }
}

/** systemd-run's own complaints, told before it becomes the command. */
export const isScopeRefusal = (logTail: string): boolean =>
  /^Failed to (?:connect to|start transient scope|create bus|get)\b/m.test(logTail)

/** The cgroup v2 path ('0::/…') of a process; null where it has none or is gone. */
export function readCgroupPath(procRoot: string, pid: number): string | null {
  const text = readOrNull(join(procRoot, String(pid), 'cgroup'))
  return text === null ? null : (/^0::(\/.*)$/m.exec(text)?.[1] ?? null)
}

/** pids in one cgroup; on hybrid systems version 2 is mounted below 'unified'. */
export function readMembers(sysRoot: string, cgroupPath: string): readonly number[] {
  for (const mount of ['', 'unified']) {
    const text = readOrNull(join(sysRoot, 'fs', 'cgroup', mount, cgroupPath, 'cgroup.procs'))
    if (text !== null) return text.split('\n').filter(Boolean).map(Number).filter(Number.isInteger)
  }
  return []
}

/** Whether the kernel holds all of its processes; their own state does not tell it. */
export function isCgroupFrozen(sysRoot: string, cgroupPath: string): boolean {
  return ['', 'unified'].some((mount) =>
    /^frozen 1$/m.test(readOrNull(join(sysRoot, 'fs', 'cgroup', mount, cgroupPath, 'cgroup.events')) ?? '')
  )
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

function isSocket(path: string): boolean {
  return existsSync(path) && statSync(path, { throwIfNoEntry: false })?.isSocket() === true
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

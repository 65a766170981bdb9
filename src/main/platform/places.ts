import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Places } from './ports.ts'
import { runtimeDirFrom } from './runtime-dir.ts'

/** Finds this installation's files and this user's folders; every one can be overridden by FIREBREAK_*. */
export function placesFromEnv(env: NodeJS.ProcessEnv, entryDir: string): Places {
  const home = env['HOME'] || homedir()
  const out = dirname(entryDir)
  return {
    procRoot: env['FIREBREAK_PROC_ROOT'] || '/proc',
    sysRoot: env['FIREBREAK_SYS_ROOT'] || '/sys',
    runtimeDir: runtimeDirFrom(env, process.getuid?.() ?? 0),
    systemSentinelSocket: systemSentinelSocket(env),
    configDir:
      env['FIREBREAK_CONFIG_DIR'] || join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'firebreak'),
    dataDir:
      env['FIREBREAK_DATA_DIR'] || join(env['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'firebreak'),
    rendererDir: join(out, 'renderer'),
    entryDir,
    nodePath: nodeRuntime(env, out),
    homeDir: home
  }
}

/** What ships beside the bundles: playbooks, icons; the same in a checkout and in the package. */
export const resourcesDir = (entryDir: string): string => join(entryDir, '..', '..', 'resources')

/**
 * Where the package's service listens for this user. A core with a runtime folder of its own is a second one, and must
 * not take the guard away from the first: it asks there only when told to.
 */
function systemSentinelSocket(env: NodeJS.ProcessEnv): string | null {
  const given = env['FIREBREAK_SENTINEL_SOCKET']
  if (given !== undefined) return given === '' ? null : given
  return env['FIREBREAK_RUNTIME_DIR'] ? null : `/run/firebreak/${process.getuid?.() ?? 0}/sentinel.sock`
}

/**
 * A plain Node for the child processes. Inside Electron process.execPath is Electron, whose RunAsNode fuse is
 * off: there it is the runtime shipped beside the app, or the checkout's pinned one.
 */
function nodeRuntime(env: NodeJS.ProcessEnv, out: string): string {
  const given = env['FIREBREAK_NODE']
  if (given) return given
  if (!process.versions['electron']) return process.execPath
  const resources: unknown = Reflect.get(process, 'resourcesPath')
  const shipped = typeof resources === 'string' ? join(resources, 'node', 'bin', 'node') : ''
  const pinned = resolve(out, '..', 'node_modules', '.bin', 'node')
  return [shipped, pinned].find((path) => path !== '' && existsSync(path)) ?? 'node'
}

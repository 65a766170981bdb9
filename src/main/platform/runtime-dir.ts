import { statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Where sockets and tokens live.
 *
 * $FIREBREAK_RUNTIME_DIR, else $XDG_RUNTIME_DIR/firebreak, else /run/user/UID/firebreak where systemd made that
 * folder, else a folder of its own in the system's temp folder (created 0700 by whoever listens there).
 */
export function runtimeDirFrom(env: NodeJS.ProcessEnv, uid: number): string {
  const own = env['FIREBREAK_RUNTIME_DIR']
  if (own) return own
  const xdg = env['XDG_RUNTIME_DIR']
  if (xdg) return join(xdg, 'firebreak')
  const run = `/run/user/${uid}`
  if (isDirectoryOf(run, uid)) return join(run, 'firebreak')
  return join(tmpdir(), `firebreak-${uid}`)
}

function isDirectoryOf(path: string, uid: number): boolean {
  try {
    const stat = statSync(path)
    return stat.isDirectory() && stat.uid === uid
  } catch {
    return false
  }
}

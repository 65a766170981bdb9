import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The kernel's limit for a socket path (sun_path, with its end) is 108 bytes; longer ones are no address. */
const MAX_PATH_BYTES = 107

/**
 * The address of the user's session bus: $DBUS_SESSION_BUS_ADDRESS, else the `bus` socket in $XDG_RUNTIME_DIR or
 * /run/user/UID, where systemd puts it. Null: there is no desktop session here (yet).
 */
export function sessionBusAddressFrom(env: NodeJS.ProcessEnv, uid: number): string | null {
  const named = env['DBUS_SESSION_BUS_ADDRESS']
  if (named) return named
  for (const folder of [env['XDG_RUNTIME_DIR'], `/run/user/${uid}`]) {
    if (!folder) continue
    const path = join(folder, 'bus')
    if (existsSync(path)) return `unix:path=${escapeValue(path)}`
  }
  return null
}

/**
 * Socket paths of an address list, in order, for net.connect; an abstract socket begins with '\0'.
 *
 * Only Unix sockets: over TCP anybody could be the bus, and the other transports start programs.
 */
export function socketPathsOf(address: string): readonly string[] {
  return address.split(';').flatMap((entry) => {
    if (!entry.startsWith('unix:')) return []
    const found = entry
      .slice('unix:'.length)
      .split(',')
      .flatMap((pair) => {
        const at = pair.indexOf('=')
        const key = pair.slice(0, Math.max(at, 0))
        const value = unescapeValue(pair.slice(at + 1))
        if (value === null || value === '') return []
        if (key === 'path') return [value]
        return key === 'abstract' ? [`\0${value}`] : []
      })
    return found.filter((path) => Buffer.byteLength(path) <= MAX_PATH_BYTES).slice(0, 1)
  })
}

/** Bytes that D-Bus lets stand unescaped in an address: [-0-9A-Za-z_/.\*]. */
const PLAIN = /^[-0-9A-Za-z_/.*\\]$/

const escapeValue = (text: string): string =>
  [...Buffer.from(text, 'utf8')]
    .map((byte) => {
      const char = String.fromCodePoint(byte)
      return PLAIN.test(char) ? char : `%${byte.toString(16).padStart(2, '0')}`
    })
    .join('')

function unescapeValue(text: string): string | null {
  try {
    const value = decodeURIComponent(text)
    return value.includes('\0') ? null : value
  } catch {
    return null
  }
}

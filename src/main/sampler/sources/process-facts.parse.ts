const UNIFIED = '0::'
const SYSTEMD = 'name=systemd:'

/**
 * The cgroup path from /proc/PID/cgroup; null where none is said.
 *
 * With cgroup v2 it is the '0::' line. Where v1 still holds the controllers that line says '/', and systemd's own
 * hierarchy names the slice.
 */
export function parseCgroup(bytes: Buffer): string | null {
  let unified: string | null = null
  let systemd: string | null = null
  for (const line of bytes.toString('utf8').split('\n')) {
    if (line.startsWith(UNIFIED)) unified = line.slice(UNIFIED.length)
    const at = line.indexOf(SYSTEMD)
    if (at > 0 && /^\d+:$/.test(line.slice(0, at))) systemd = line.slice(at + SYSTEMD.length)
  }
  return (unified === '/' || !unified ? (systemd ?? unified) : unified) || null
}

/** A command line is kept to this many arguments: models are named early, and some run to hundreds of KiB. */
const MAX_ARGUMENTS = 64

/** The arguments from /proc/PID/cmdline; null where it is empty (kernel threads, zombies). */
export function parseCommandLine(bytes: Buffer): readonly string[] | null {
  if (bytes.length === 0) return null
  const text = bytes.toString('utf8')
  const whole = text.endsWith('\0') ? text.slice(0, -1) : text
  return whole.split('\0', MAX_ARGUMENTS)
}

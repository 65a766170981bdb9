import { execFile } from 'node:child_process'

/** The session bus answers in milliseconds; when it hangs, the desktop is in trouble and waiting helps nobody. */
const ASK_TIMEOUT_MS = 2_000

const ASK = [
  'call',
  '--session',
  '--dest=org.freedesktop.DBus',
  '--object-path=/org/freedesktop/DBus',
  '--method=org.freedesktop.DBus.NameHasOwner',
  'org.kde.StatusNotifierWatcher'
]

/**
 * Does this desktop show trays? Electron cannot tell: it makes a tray in either case. 'unknown' when the bus
 * could not be asked (no gdbus, no answer in time).
 */
export async function trayHost(env: NodeJS.ProcessEnv): Promise<'present' | 'absent' | 'unknown'> {
  return await new Promise((done) => {
    execFile(
      'gdbus',
      ASK,
      { env, timeout: ASK_TIMEOUT_MS, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        done(trayHostOf({ code: error === null ? 0 : error.code, stdout, stderr }))
      }
    )
  })
}

/** Reads gdbus' answer: '(true,)', '(false,)', or why it could not connect. */
export function trayHostOf(run: {
  readonly code: number | string | null | undefined
  readonly stdout: string
  readonly stderr: string
}): 'present' | 'absent' | 'unknown' {
  if (run.code === 0) return run.stdout.includes('true') ? 'present' : 'absent'
  // No bus, no desktop that could show anything.
  return run.stderr.includes('Error connecting') ? 'absent' : 'unknown'
}

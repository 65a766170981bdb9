import type { Profile } from '../../../shared/model/runner.ts'
import { settingProblem } from '../../../shared/model/specs/index.ts'

/** More in a row is no coincidence. */
export const MAX_LOST_PORTS = 3

/** How servers say that another program listens there: the C library's words, Node's and Python's, llama-server's own. */
const IN_USE = /address already in use|EADDRINUSE|\[Errno 98\]|couldn't bind HTTP server socket/i

/** A port that Firebreak chose was taken by somebody else before its server could open it. */
export const hasLostPort = (profile: Profile, logTail: string): boolean =>
  IN_USE.test(logTail) && portSetting(profile) === 0

function portSetting(profile: Profile): number | null {
  if (profile.kind === 'llamacpp') return profile.settings.port
  if (settingProblem(profile.kind, 'port', 0) !== null) return null
  const port = profile.settings['port'] ?? 0
  return typeof port === 'number' ? port : null
}

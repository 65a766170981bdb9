/** Where the machine is; all injected, so that every verb can be tried on a copy in a temporary folder. */
export interface Roots {
  readonly proc: string
  readonly sys: string
  readonly etc: string
  readonly run: string
  readonly systemctl: string
}

/** Absolute, and nothing else: no search path, no environment. */
export const REAL_ROOTS: Roots = {
  proc: '/proc',
  sys: '/sys',
  etc: '/etc',
  run: '/run',
  systemctl: '/usr/bin/systemctl'
}

/** Where the machine is, for the conflict check: reads only. */
export interface ConflictRoots {
  readonly procRoot: string
  readonly etcRoot: string
  readonly runRoot: string
  readonly usrRoot: string
  readonly varRoot: string
}

export const REAL_CONFLICT_ROOTS: Omit<ConflictRoots, 'procRoot'> = {
  etcRoot: '/etc',
  runRoot: '/run',
  usrRoot: '/usr',
  varRoot: '/var'
}

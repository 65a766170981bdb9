import { join } from 'node:path'

export const DROP_IN_NAME = '50-firebreak.conf'

/** One unit that is given protection. */
export interface DropIn {
  readonly unit: string
  readonly section: 'Slice' | 'Service'
  /** Folder of its drop-ins below /etc/systemd. */
  readonly folder: string
  /** Where its cgroup is below /sys/fs/cgroup. */
  readonly cgroup: string
  /** Belongs to this user alone; the others serve everybody who is protected. */
  readonly ofUser: boolean
  /** A unit of the user's manager; the others are the system's. */
  readonly ofUserManager: boolean
}

/**
 * The desktop's slices and all that contains them, from the outside in.
 *
 * A cgroup keeps at most what its parent keeps, so each link of the chain needs the protection. firebreak.slice, where
 * the runners live beside app.slice, gets none.
 */
export function dropIns(uid: number): readonly DropIn[] {
  const user = `user-${uid}.slice`
  const manager = `user@${uid}.service`
  const inManager = join('user.slice', user, manager)
  const system = (unit: string, cgroup: string, ofUser: boolean): DropIn => ({
    unit,
    section: unit.endsWith('.slice') ? 'Slice' : 'Service',
    folder: join('system', `${unit}.d`),
    cgroup,
    ofUser,
    ofUserManager: false
  })
  const inUser = (unit: string): DropIn => ({
    unit,
    section: 'Slice',
    folder: join('user', `${unit}.d`),
    cgroup: join(inManager, unit),
    ofUser: false,
    ofUserManager: true
  })
  return [
    system('user.slice', 'user.slice', false),
    system(user, join('user.slice', user), true),
    system(manager, inManager, true),
    inUser('session.slice'),
    inUser('app.slice')
  ]
}

export interface Amounts {
  readonly lowBytes: number
  readonly minBytes: number
}

export const dropInText = (section: DropIn['section'], { lowBytes, minBytes }: Amounts): string =>
  `# Firebreak: memory of the desktop that the kernel keeps. Removed by Firebreak's remove-protection.
[${section}]
MemoryMin=${minBytes}
MemoryLow=${lowBytes}
`

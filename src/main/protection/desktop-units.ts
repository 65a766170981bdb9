import { join } from 'node:path'

/** A unit that the helper protects, as far as its state is shown. */
export interface DesktopUnit {
  readonly unit: string
  /** Below /etc. */
  readonly dropInPath: string
  /** Below /sys/fs/cgroup. */
  readonly cgroupPath: string
}

/**
 * The units of the helper's own list, which it does not share: it runs as root and imports nothing of the app. A test
 * holds the two together.
 */
export function desktopUnits(userId: number): readonly DesktopUnit[] {
  const slice = `user-${userId}.slice`
  const manager = `user@${userId}.service`
  const managerPath = join('user.slice', slice, manager)
  const unit = (name: string, scope: 'system' | 'user', cgroupPath: string): DesktopUnit => ({
    unit: name,
    dropInPath: join('systemd', scope, `${name}.d`, '50-firebreak.conf'),
    cgroupPath
  })
  return [
    unit('user.slice', 'system', 'user.slice'),
    unit(slice, 'system', join('user.slice', slice)),
    unit(manager, 'system', managerPath),
    unit('session.slice', 'user', join(managerPath, 'session.slice')),
    unit('app.slice', 'user', join(managerPath, 'app.slice'))
  ]
}

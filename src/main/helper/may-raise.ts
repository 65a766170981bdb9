import type { ProcessFacts } from './process-facts.ts'

/**
 * Programs whose end is the end of the desktop or of the way in: never made the kernel's choice, wherever they run.
 * A trailing * is a prefix. The kernel cuts a comm to 15 bytes.
 */
const PROTECTED_NAMES = [
  'systemd*',
  '(sd-pam)',
  'init',
  'login',
  'sshd*',
  'dbus-*',
  'polkitd',
  'NetworkManager',
  'gdm*',
  'sddm*',
  'lightdm*',
  'gnome-shell*',
  'gnome-session*',
  'Xorg*',
  'Xwayland',
  'mutter*',
  'kwin*',
  'plasmashell',
  'pipewire*',
  'wireplumber',
  'pulseaudio',
  'firefox*',
  'chrome*',
  'chromium*',
  'dockerd',
  'containerd*',
  'conmon',
  'firebreak*'
] as const

/** A container's own cgroup: Docker, Podman, containerd, CRI-O, LXC; with systemd's driver, and without. */
const CONTAINER_SEGMENT =
  /^(?:(?:docker|libpod|cri-containerd|crio|nerdctl)-[0-9a-f]{64}(?:\.scope)?|[0-9a-f]{64}|lxc\.payload\.[^/]+)$/

/**
 * Why a process's score may not be raised; null where it may.
 *
 * Anybody may ask without a password, so what may be raised is narrow: a container, or a process that computes on the
 * GPU. A service of the system that does neither is refused, root's or not; so is another user's desktop.
 */
export function whyNotRaise(process: ProcessFacts): string | null {
  if (process.isKernelThread) return 'it belongs to the kernel'
  if (process.isThreadOfAnother) return 'it is one thread of another process'
  const name = process.names.find(isProtected)
  if (name !== undefined) return `${name} is protected`
  if (process.computesOnGpu || process.cgroupPaths.some(isContainer)) return null
  return 'it runs in no container and does not compute on the GPU'
}

const isProtected = (name: string): boolean =>
  PROTECTED_NAMES.some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
  )

const isContainer = (path: string): boolean =>
  path.split('/').some((segment) => CONTAINER_SEGMENT.test(segment))

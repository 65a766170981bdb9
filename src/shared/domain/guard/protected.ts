/**
 * Programs that are never stopped: the desktop, its sound and network, logins, and what containers hang on.
 *
 * Process names as the kernel has them; a star at the end stands for any ending. The user's own list comes on top.
 */
export const BUILT_IN_PROTECTED: readonly string[] = [
  // Browsers, with the names of their processes for pages.
  'firefox*',
  'Isolated Web Co*',
  'Isolated Servic*',
  'Web Content*',
  'WebExtensions*',
  'Privileged Cont*',
  'RDD Process*',
  'chrome*',
  'chromium*',
  'google-chrome*',
  'brave*',
  'vivaldi*',
  'opera*',
  'msedge*',
  'microsoft-edge*',
  'epiphany*',
  'WebKitWebProces*',
  'WebKitNetworkPr*',
  'librewolf*',
  'falkon',
  'konqueror',
  // Desktops and their display servers.
  'gnome-shell*',
  'gnome-session*',
  'gsd-*',
  'gjs*',
  'mutter*',
  'Xorg*',
  'Xwayland*',
  'kwin*',
  'plasmashell',
  'plasma*',
  'ksmserver',
  'kded*',
  'cinnamon*',
  'xfwm4',
  'xfce4-*',
  'mate-*',
  'marco',
  'sway',
  'Hyprland',
  'labwc',
  'weston*',
  'wayfire',
  'ibus-*',
  'fcitx*',
  'xdg-*',
  'at-spi*',
  'nautilus*',
  // Sound.
  'pipewire*',
  'wireplumber*',
  'pulseaudio*',
  // Logins and the system.
  'gdm*',
  'sddm*',
  'lightdm*',
  'login',
  'sshd*',
  'sudo',
  'init',
  'systemd*',
  '(sd-pam)',
  'dbus-*',
  'polkit*',
  'NetworkManager*',
  'wpa_supplicant',
  'accounts-daemon',
  'udisksd',
  'upowerd',
  'nvidia-persistenced',
  'nvidia-smi',
  // Stopping one of these stops every container, or leaves them without a parent.
  'dockerd',
  'docker',
  'docker-proxy',
  'containerd*',
  'podman',
  'conmon*',
  'crio',
  'kubelet',
  'k3s*',
  // Itself.
  'firebreak*'
]

/** The kernel cuts a process name off here. */
const KERNEL_NAME_LENGTH = 15

const matches = (name: string, pattern: string): boolean => {
  if (pattern.endsWith('*')) {
    const stem = pattern.slice(0, -1)
    // A star alone would protect every program, and so switch the guard off unseen.
    return stem !== '' && (name.startsWith(stem) || isCutOff(name, stem))
  }
  return name === pattern || isCutOff(name, pattern)
}

const isCutOff = (name: string, full: string): boolean =>
  name.length === KERNEL_NAME_LENGTH && full.length > KERNEL_NAME_LENGTH && full.startsWith(name)

/** Whether one of the names is on the list, whatever their case. */
export function isProtected(names: readonly string[], patterns: readonly string[]): boolean {
  const wanted = patterns.map((pattern) => pattern.trim().toLowerCase()).filter((pattern) => pattern !== '')
  return names.some((name) => wanted.some((pattern) => matches(name.trim().toLowerCase(), pattern)))
}

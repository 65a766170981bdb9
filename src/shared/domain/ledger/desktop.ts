import type { ProcessInfo } from '../../model/snapshot.ts'

/** The kernel cuts names to 15 bytes; a longer program name is compared cut. */
const COMM_BYTES = 15

const SHELL = [
  'gnome-shell',
  'mutter',
  'mutter-x11-frames',
  'plasmashell',
  'cinnamon',
  'xfwm4',
  'budgie-wm',
  'sway',
  'Hyprland',
  'weston',
  'labwc'
]
const DISPLAY = ['Xorg', 'X', 'Xwayland', 'Xvnc', 'sddm', 'lightdm', 'gdm3', 'gdm']
const SERVICES = [
  'pipewire',
  'pipewire-pulse',
  'wireplumber',
  'pulseaudio',
  'ibus-daemon',
  'fcitx5',
  'tracker-miner-fs-3',
  'evolution-alarm-notify',
  'evolution-calendar-factory',
  'evolution-addressbook-factory',
  'evolution-source-registry',
  'goa-daemon',
  'dconf-service',
  'at-spi2-registryd',
  'update-notifier',
  'snapd-desktop-integration'
]
const FILES_AND_MAIL = [
  'nautilus',
  'dolphin',
  'nemo',
  'thunar',
  'thunderbird',
  'thunderbird-bin',
  'evolution',
  'eog',
  'evince',
  'gedit'
]
const BROWSERS = [
  'firefox',
  'firefox-bin',
  'firefox-esr',
  'chrome',
  'chromium',
  'chromium-browser',
  'brave',
  'msedge',
  'opera',
  'vivaldi-bin',
  'epiphany',
  'falkon',
  'Web Content',
  'WebExtensions',
  'Isolated Web Content',
  'Isolated Servic',
  'Privileged Cont',
  'RDD Process',
  'Socket Process',
  'Utility Process',
  'GPU Process',
  'Preallocated Content',
  'file:// Content',
  'WebKitWebProcess',
  'WebKitNetworkProcess',
  'chrome_crashpad_handler'
]
const APPS = [
  'electron',
  'firebreak',
  'code',
  'cursor',
  'slack',
  'discord',
  'Discord',
  'teams',
  'signal-desktop',
  'spotify',
  'obsidian',
  'element-desktop'
]

const NAMES: ReadonlySet<string> = new Set(
  [...SHELL, ...DISPLAY, ...SERVICES, ...FILES_AND_MAIL, ...BROWSERS, ...APPS].map((name) =>
    name.slice(0, COMM_BYTES)
  )
)
const PREFIXES = [
  'gnome-',
  'gsd-',
  'gdm-',
  'gvfs',
  'kwin_',
  'kded',
  'xdg-',
  'ibus-',
  'xfce4-',
  'mate-',
  'lxqt-',
  'Isolated Web'
]

/** The desktop or one of its everyday programs, by the name it gave itself. */
export const isDesktopName = (name: string): boolean =>
  NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix))

const SESSION_PARTS = ['/session.slice/', '/app.slice/']
/** A program typed into a terminal lives under app.slice too, but is the user's work. */
const TERMINAL_CHILD =
  /\/vte-spawn-|\/tmux-spawn-|\/app-[^/]*(?:terminal|konsole|kitty|alacritty)[^/]*\.scope/i

/** Started by the desktop's own session, as systemd sorts it under the user's manager. */
export function isDesktopCgroup(process: Pick<ProcessInfo, 'cgroup'>): boolean {
  const { cgroup } = process
  if (cgroup === null || !cgroup.includes('/user@') || TERMINAL_CHILD.test(cgroup)) return false
  return SESSION_PARTS.some((part) => `${cgroup}/`.includes(part))
}

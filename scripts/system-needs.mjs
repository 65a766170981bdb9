// What the tests need from the system, and how it is had: Debian or Ubuntu packages, installed when missing and
// when that needs no password. What cannot be installed is named; the tests concerned then skip with that reason.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const onPath = (name) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, name)))

/** Each need: any one of `commands` satisfies it, else `packages` are installed. */
const NEEDS = [
  {
    what: 'a Chromium for the panel’s tests',
    commands: ['chromium', 'google-chrome'],
    packages: ['chromium', 'fonts-dejavu-core']
  },
  { what: 'a C compiler for the stub GPU library', commands: ['cc'], packages: ['gcc', 'libc6-dev'] },
  { what: 'patchelf for the real llama-server', commands: ['patchelf'], packages: ['patchelf'] },
  { what: 'a message bus for the notifications’ tests', commands: ['dbus-daemon'], packages: ['dbus'] },
  {
    what: 'a real container engine',
    commands: ['podman'],
    packages: ['podman', 'runc', 'netavark', 'aardvark-dns', 'uidmap', 'iptables']
  }
]

const withFallback = (commands) => commands.some(onPath)

/** Installs what is missing; returns the needs that are still not met. */
export function ensureSystemNeeds(log = console.error) {
  const missing = NEEDS.filter((need) => !withFallback(need.commands))
  if (missing.length === 0) return []
  const packages = missing.flatMap((need) => need.packages)
  const root = process.getuid?.() === 0
  if (!onPath('apt-get')) {
    log(`not installed here: ${missing.map((need) => need.what).join(', ')} (no apt-get)`)
    return missing
  }
  const sudo = root ? [] : ['sudo', '-n']
  const apt = (...args) => {
    const [file, ...rest] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args]
    return spawnSync(file, rest, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
  }
  log(`installing for the tests: ${packages.join(' ')}`)
  apt('-qq', 'update')
  if (!apt('-qq', '-y', '--no-install-recommends', 'install', ...packages)) {
    log(`could not install them; run: sudo apt-get install ${packages.join(' ')}`)
  }
  return NEEDS.filter((need) => !withFallback(need.commands))
}

if (import.meta.filename === process.argv[1]) process.exitCode = ensureSystemNeeds().length > 0 ? 1 : 0

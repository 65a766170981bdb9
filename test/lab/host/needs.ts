import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A program the lab runs, and the Debian or Ubuntu package that has it. */
const NEEDS: readonly (readonly [program: string, ...packages: string[]])[] = [
  ['qemu-system-x86_64', 'qemu-system-x86'],
  ['mmdebstrap', 'mmdebstrap'],
  ['mke2fs', 'e2fsprogs'],
  ['cpio', 'cpio'],
  ['xz', 'xz-utils'],
  ['gcc', 'gcc', 'libc6-dev'],
  ['strip', 'binutils']
]

const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin']

const isThere = (program: string): boolean =>
  [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS].some(
    (folder) => folder !== '' && existsSync(join(folder, program))
  )

/**
 * What keeps the lab from running here, with what to do about it; null when all is there.
 *
 * Missing packages are installed where that needs no password, as the other scripts do. Root is needed, because the
 * image is made from a system's files with their owners, and a kernel module is built in a chroot.
 */
export function whatIsMissing(log: (line: string) => void): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return 'the starvation lab needs Linux on x86-64: its machine is emulated as such, with this Node in it'
  }
  if (process.getuid?.() !== 0) {
    return 'the starvation lab makes a disk image as root: run it as root, or in a container'
  }
  const missing = NEEDS.filter(([program]) => !isThere(program))
  if (missing.length === 0) return null
  const packages = missing.flatMap(([, ...names]) => names)
  const line = `apt-get install -y --no-install-recommends ${packages.join(' ')}`
  if (!isThere('apt-get')) return `the starvation lab needs these Debian packages: ${packages.join(' ')}`
  log(`lab: ${line}`)
  const apt = (...args: string[]): boolean =>
    spawnSync('apt-get', ['-qq', ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    }).status === 0
  apt('update')
  apt('-y', '--no-install-recommends', 'install', ...packages)
  return NEEDS.every(([program]) => isThere(program))
    ? null
    : `could not install what is needed; run: ${line}`
}

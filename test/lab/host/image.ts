import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { dirname, join } from 'node:path'
import { command } from './command.ts'
import { FIREBREAKCTL, GUEST_PACKAGES, GUEST_UNITS_MASKED, LAB_SERVICE } from './guest-system.ts'
import { hashOfFiles } from './hash.ts'
import { LAB, SUITE, WORK } from './places.ts'
import { imageIn, saveReadyMachine, type Image } from './vm.ts'

/** Sparse; what is not used costs nothing. */
const DISK_BYTES = 2 * 2 ** 30
/** The file that the browser stand-in runs from. */
const PROGRAM_BYTES = 120 * 2 ** 20
/** Names under which the one program of the actors is installed. */
const ACTOR_NAMES = ['firefox', 'gnome-shell', 'Xorg', 'pipewire', 'sshd', 'gpuhog']
/** Parts of the lab that decide what the machine without Firebreak does. */
const SYSTEM_PARTS = ['actors', 'module', 'guest', 'host/guest-system.ts', 'host/vm.ts', 'host/image.ts']
/** No documentation in the guest. */
const SLIM = ['man', 'doc', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`)

export interface BuiltImage {
  readonly image: Image
  /** Of all that a run without Firebreak depends on. */
  readonly hash: string
}

/** Builds the machine's disk, kernel and initramfs, or takes the ones that are already there. */
export async function buildImage(log: (line: string) => void): Promise<BuiltImage> {
  mkdirSync(WORK, { recursive: true })
  const hash = hashOfFiles(SYSTEM_PARTS.map((part) => join(LAB, part)))
  const folder = join(WORK, `image-${hash}`)
  const built = { image: imageIn(folder), hash }
  if (existsSync(built.image.state)) return built
  const started = performance.now()
  for (const name of readdirSync(WORK)) {
    // Each takes half a gigabyte; only the newest is of use.
    if (name.startsWith('image-')) rmSync(join(WORK, name), { recursive: true, force: true })
  }
  const rootfs = await cachedRootfs(log)
  const buildRoot = await cachedBuildRoot(log)
  const work = mkdtempSync(join(WORK, 'building-image-'))
  try {
    await fillImage(work, rootfs, buildRoot)
    log('lab: booting the machine once …')
    await saveReadyMachine(imageIn(work))
    renameSync(work, folder)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  log(`lab: image built in ${((performance.now() - started) / 1000).toFixed(0)} s`)
  return built
}

/** The archive among this machine's own sources, or the one that DEBIAN_MIRROR names. */
async function archive(): Promise<string> {
  const given = process.env['DEBIAN_MIRROR']
  if (given) return given
  const targets = await command('apt-get', [
    'indextargets',
    '--format',
    '$(ORIGIN)|$(LABEL)|$(REPO_URI)',
    'Created-By: Packages'
  ])
  const line = targets
    .toString()
    .split('\n')
    .find((candidate) => candidate.startsWith('Debian|Debian|'))
  if (line === undefined) throw new Error('no Debian archive among this machine’s sources; set DEBIAN_MIRROR')
  return line.split('|')[2] ?? ''
}

/** The guest's packages, about 40 s the first time. */
async function cachedRootfs(log: (line: string) => void): Promise<string> {
  const prefix = `rootfs-${SUITE}`
  const tar = join(WORK, `${prefix}-${hashOfFiles([], GUEST_PACKAGES)}.tar`)
  if (existsSync(tar)) return tar
  for (const name of readdirSync(WORK)) {
    if (name.startsWith(prefix)) rmSync(join(WORK, name), { force: true })
  }
  log('lab: fetching the guest’s packages …')
  const packages = `--include=${GUEST_PACKAGES.join(',')}`
  await command('mmdebstrap', [
    '-q',
    '--variant=minbase',
    ...SLIM,
    packages,
    SUITE,
    `${tar}.part.tar`,
    await archive()
  ])
  renameSync(`${tar}.part.tar`, tar)
  return tar
}

/** A root with the headers of the guest's kernel, for building the module. */
async function cachedBuildRoot(log: (line: string) => void): Promise<string> {
  const folder = join(WORK, `buildroot-${SUITE}`)
  if (existsSync(folder)) return folder
  log('lab: fetching the kernel’s headers …')
  const packages = '--include=linux-headers-cloud-amd64,gcc,make,libc6-dev'
  await command('mmdebstrap', [
    '-q',
    '--variant=apt',
    ...SLIM,
    packages,
    SUITE,
    `${folder}.part`,
    await archive()
  ])
  renameSync(`${folder}.part`, folder)
  return folder
}

async function fillImage(work: string, rootfs: string, buildRoot: string): Promise<void> {
  const root = join(work, 'rootfs')
  mkdirSync(root)
  await command('tar', ['-C', root, '-xf', rootfs])
  const modules = join(root, 'usr/lib/modules')
  const kernel = readdirSync(modules)[0]
  if (kernel === undefined) throw new Error('the guest’s packages hold no kernel')
  const bin = join(root, 'lab/bin')
  mkdirSync(bin, { recursive: true })
  await buildActors(join(root, 'lab/lab'), join(bin, 'llama-server'), join(work, 'init'))
  for (const name of ACTOR_NAMES) copyFileSync(join(root, 'lab/lab'), join(bin, name))
  copyFileSync(await buildModule(buildRoot, kernel), join(root, 'lab/gpuhog.ko'))
  for (const name of readdirSync(join(LAB, 'guest'))) {
    copyFileSync(join(LAB, 'guest', name), join(root, 'lab', name))
    chmodSync(join(root, 'lab', name), 0o755)
  }
  writeFileSync(join(root, 'lab/program.bin'), incompressible(PROGRAM_BYTES))
  await configureSystem(root)

  const { kernel: kernelFile, initrd, disk } = imageIn(work)
  copyFileSync(join(root, 'boot', `vmlinuz-${kernel}`), kernelFile)
  await makeInitrd(join(modules, kernel), join(work, 'init'), initrd)
  removeUnused(root, join(modules, kernel, 'kernel'))
  writeFileSync(disk, '')
  truncateSync(disk, DISK_BYTES)
  await command('mke2fs', ['-q', '-t', 'ext4', '-O', '^has_journal', '-m', '0', '-d', root, disk])
  rmSync(root, { recursive: true, force: true })
}

async function buildActors(lab: string, llamaServer: string, init: string): Promise<void> {
  const sources = (...names: readonly string[]): readonly string[] =>
    names.map((name) => join(LAB, 'actors', `${name}.c`))
  const gcc = (out: string, ...rest: readonly string[]): Promise<Buffer> =>
    command('gcc', ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-static', '-o', out, ...rest])
  const actors = ['main', 'record', 'taking', 'desktop', 'hog', 'bystander', 'canary', 'watcher', 'dump']
  await gcc(lab, ...sources(...actors))
  await gcc(llamaServer, '-pthread', ...sources('llama-server', 'record', 'taking'))
  await gcc(init, ...sources('init'))
}

async function buildModule(buildRoot: string, kernel: string): Promise<string> {
  const place = join(buildRoot, 'src/module')
  rmSync(place, { recursive: true, force: true })
  mkdirSync(dirname(place), { recursive: true })
  cpSync(join(LAB, 'module'), place, { recursive: true })
  const make = ['make', '-s', '-C', `/lib/modules/${kernel}/build`, 'M=/src/module', 'modules']
  await command('chroot', [buildRoot, ...make])
  const module = join(place, 'gpuhog.ko')
  await command('strip', ['--strip-debug', module])
  return module
}

/** The same bytes each time, which no file system or host cache can fold away. */
function incompressible(bytes: number): Buffer {
  const out = Buffer.alloc(bytes)
  let state = 0x9e37_79b9
  for (let at = 0; at < bytes; at += 4) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d)
    state = (Math.imul(state ^ (state >>> 12), 0x297a_2d39) + at) | 0
    out.writeInt32LE(state, at)
  }
  return out
}

async function configureSystem(root: string): Promise<void> {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  await command('chroot', [root, 'useradd', '-m', '-u', '1000', '-s', '/bin/bash', 'lab'])
  write('var/lib/systemd/linger/lab', '')
  write('etc/hostname', 'lab\n')
  write('etc/fstab', '')
  write('etc/machine-id', '0123456789abcdef0123456789abcdef\n')
  write(
    'etc/systemd/journald.conf.d/lab.conf',
    '[Journal]\nStorage=volatile\nRuntimeMaxUse=8M\nRateLimitBurst=0\n'
  )
  write('etc/systemd/system/lab.service', LAB_SERVICE)
  write('usr/bin/firebreakctl', FIREBREAKCTL)
  chmodSync(join(root, 'usr/bin/firebreakctl'), 0o755)
  mkdirSync(join(root, 'etc/systemd/system/multi-user.target.wants'), { recursive: true })
  symlinkSync('../lab.service', join(root, 'etc/systemd/system/multi-user.target.wants/lab.service'))
  for (const unit of GUEST_UNITS_MASKED) {
    const path = join(root, 'etc/systemd/system', unit)
    rmSync(path, { force: true })
    symlinkSync('/dev/null', path)
  }
  const others = ['earlyoom.service', 'nohang.service', 'nohang-desktop.service']
  await command('chroot', [root, 'systemctl', 'disable', '-q', ...others])
}

async function makeInitrd(modules: string, init: string, initrd: string): Promise<void> {
  const folder = mkdtempSync(join(WORK, 'initrd-'))
  try {
    const driver = join(modules, 'kernel/drivers/block/virtio_blk.ko.xz')
    writeFileSync(join(folder, 'virtio_blk.ko'), await command('xz', ['-dc', driver]))
    copyFileSync(init, join(folder, 'init'))
    chmodSync(join(folder, 'init'), 0o755)
    const names = Buffer.from('.\ninit\nvirtio_blk.ko\n')
    writeFileSync(
      initrd,
      await command('cpio', ['-o', '-H', 'newc', '--quiet'], { cwd: folder, input: names })
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What is never read in the guest. */
function removeUnused(root: string, modules: string): void {
  const kept = new Set(['drivers', 'lib', 'crypto', 'mm'])
  for (const name of readdirSync(modules)) {
    if (!kept.has(name)) rmSync(join(modules, name), { recursive: true })
  }
  for (const name of readdirSync(join(root, 'boot'))) rmSync(join(root, 'boot', name), { recursive: true })
  for (const name of ['initrd.img', 'initrd.img.old', 'vmlinuz', 'vmlinuz.old'])
    rmSync(join(root, name), { force: true })
}

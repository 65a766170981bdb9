import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { REAL_ROOTS, type Roots } from '../../../../src/main/helper/roots.ts'

/** The user whose desktop is protected: the one who runs the tests, else the first person of a system. */
export const UID = process.getuid?.() || 1000
const MIB = 1024 ** 2

export interface TempRoots {
  readonly folder: string
  readonly roots: Roots
  readonly calls: () => readonly string[]
  readonly write: (path: string, text: string) => void
  readonly read: (path: string) => string
  readonly remove: () => void
}

/** A machine of 4 GiB with systemd in a temporary folder; its systemctl is a program that reads its drop-ins. */
export function tempRoots(): TempRoots {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-helper-'))
  chmodSync(folder, 0o777)
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  write('proc/meminfo', `MemTotal:        ${(4096 * MIB) / 1024} kB\n`)
  write('sys/fs/cgroup/cgroup.controllers', 'cpu memory pids\n')
  write('run/systemd/system/.keep', '')
  write('etc/systemd/system/getty.target', '')
  write('etc/systemd/user/.keep', '')
  write(`run/user/${UID}/systemd/private`, '')
  if (process.getuid?.() === 0) chownSync(join(folder, 'run/user', String(UID)), UID, UID)
  const systemctl = join(folder, 'systemctl')
  writeFileSync(systemctl, systemctlText(folder), { mode: 0o755 })
  writeFileSync(join(folder, 'calls'), '')
  chmodSync(join(folder, 'calls'), 0o666)
  return {
    folder,
    roots: {
      ...REAL_ROOTS,
      proc: join(folder, 'proc'),
      sys: join(folder, 'sys'),
      etc: join(folder, 'etc'),
      run: join(folder, 'run'),
      systemctl
    },
    calls: () => readFileSync(join(folder, 'calls'), 'utf8').split('\n').filter(Boolean),
    write,
    read: (path) => readFileSync(join(folder, path), 'utf8'),
    remove: () => rmSync(folder, { recursive: true, force: true })
  }
}

/** Prints what systemctl show prints, from the drop-ins; logs who called it how, with which environment. */
const systemctlText = (folder: string): string => `#!${process.execPath}
const { appendFileSync, existsSync, readdirSync, readFileSync } = require('node:fs')
const folder = ${JSON.stringify(folder)}
const args = process.argv.slice(2)
const env = Object.keys(process.env).sort().map((name) => name + '=' + process.env[name]).join(',')
appendFileSync(folder + '/calls', process.getuid() + ' ' + args.join(' ') + ' [' + env + ']\\n')
if (args.includes('show')) {
  const scope = args[0] === '--user' ? 'user' : 'system'
  const blocks = args.slice(args.indexOf('--') + 1).map((unit) => {
    const at = folder + '/etc/systemd/' + scope + '/' + unit + '.d'
    const text = (existsSync(at) ? readdirSync(at).sort() : []).map((name) => readFileSync(at + '/' + name, 'utf8')).join('\\n')
    const value = (name) => [...text.matchAll(new RegExp('^' + name + '=(.*)$', 'gm'))].at(-1)?.[1] ?? '0'
    return 'Id=' + unit + '\\nMemoryMin=' + value('MemoryMin') + '\\nMemoryLow=' + value('MemoryLow') + '\\n'
  })
  process.stdout.write(blocks.join('\\n'))
}
`

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const FOLDER = join(import.meta.dirname, '../../../fixtures/proc')

export const fixture = (path: string): Buffer => readFileSync(join(FOLDER, path))

/** A folder that stands for /proc (or /sys); `write` makes files in it. */
export interface FakeRoot {
  readonly path: string
  write(file: string, content: string | Buffer): void
  remove(file: string): void
  dispose(): void
}

export function fakeRoot(): FakeRoot {
  const path = mkdtempSync(join(tmpdir(), 'firebreak-proc-'))
  return {
    path,
    write(file, content) {
      mkdirSync(dirname(join(path, file)), { recursive: true })
      writeFileSync(join(path, file), content)
    },
    remove: (file) => rmSync(join(path, file), { recursive: true, force: true }),
    dispose: () => rmSync(path, { recursive: true, force: true })
  }
}

export interface FakeProcess {
  readonly pid: number
  readonly name?: string
  readonly startTicks?: number
  readonly cpuTicks?: number
  readonly rssPages?: number
  readonly anonKib?: number
}

/** Writes a process in the kernel's format. */
export function writeProcess(root: FakeRoot, process: FakeProcess): void {
  const { pid, name = 'worker', startTicks = 1000, cpuTicks = 0, rssPages = 10, anonKib = 20 } = process
  const afterGroup = '4242 0 -1 4194304 97 0 0 0'
  root.write(
    `${pid}/stat`,
    `${pid} (${name}) S 1 ${pid} ${afterGroup} ${cpuTicks} 0 0 0 20 0 1 0 ${startTicks} 3133440 ${rssPages} 18446744073709551615 0\n`
  )
  root.write(
    `${pid}/status`,
    `Name:\t${name}\nUid:\t1000\t1000\t1000\t1000\nRssAnon:\t${anonKib} kB\nRssFile:\t8 kB\nRssShmem:\t4 kB\nThreads:\t1\n`
  )
  root.write(`${pid}/cgroup`, '0::/user.slice/user-1000.slice/session-2.scope\n')
  root.write(`${pid}/cmdline`, `/usr/bin/${name}\0--flag\0`)
}

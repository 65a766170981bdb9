import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { until } from './until.ts'

/** A real process under a name of the test's choice; `turn` makes it another program by its name. */
export interface NamedProgram {
  readonly pid: number
  turn(): Promise<void>
  end(): Promise<void>
}

/** As the kernel tells it. */
const nameOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return ''
  }
}

export async function startNamed(name: string, later: string): Promise<NamedProgram> {
  const [now, then] = [JSON.stringify(name), JSON.stringify(later)]
  const code =
    `process.on('SIGUSR2', () => (process.title = ${then})); ` +
    `process.title = ${now}; setInterval(() => {}, 1_000)`
  const child = spawn(process.execPath, ['-e', code], { stdio: 'ignore', detached: true })
  const pid = child.pid ?? -1
  let isOver = false
  child.once('exit', () => (isOver = true))
  await until(`a program named ${name}`, () => nameOf(pid) === name)
  return {
    pid,
    async turn() {
      process.kill(pid, 'SIGUSR2')
      await until(`its name to be ${later}`, () => nameOf(pid) === later)
    },
    async end() {
      child.kill('SIGKILL')
      await until('the named program is gone', () => isOver)
    }
  }
}

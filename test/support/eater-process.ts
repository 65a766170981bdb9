import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { isAlive, until } from './until.ts'

const ENTRY = join(import.meta.dirname, 'eater.ts')

export interface EaterOptions {
  readonly mib?: number
  readonly stepMib?: number
  readonly everyMs?: number
  readonly ignoreTerm?: boolean
  readonly child?: 'none' | 'child' | 'session'
}

/** A real process with real memory; pids: itself and, where it has one, its child. */
export interface Eater {
  readonly pids: readonly number[]
  /** SIGKILL to all of it. */
  end(): Promise<void>
}

export async function startEater(options: EaterOptions = {}): Promise<Eater> {
  const plan = { mib: 0, stepMib: 8, everyMs: 20, ignoreTerm: false, child: 'none', ...options }
  const child = spawn(process.execPath, [ENTRY, JSON.stringify(plan)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more))
  const line = await until('the eater runs', () => (text.includes('\n') ? text : null))
  const { pids } = JSON.parse(line) as { pids: number[] }
  return {
    pids,
    async end() {
      for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
      await until('the eater is gone', () => !pids.some(isAlive))
      child.stdout.destroy()
    }
  }
}

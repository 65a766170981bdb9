import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { MachineView } from '../../../src/main/runners/supervisor/types.ts'
import { isAlive, until } from '../until.ts'

/** A service with models in it that runs, as one that systemd or a user started. */
export interface StandInService {
  readonly port: number
  readonly url: string
  readonly pid: number
  post(path: string, body: unknown): Promise<unknown>
  /** Ends it and all its models. */
  end(): Promise<void>
}

const ALL_BYTES = 64 * 1024 ** 3

/**
 * Available memory as if nothing but our own processes took any: 64 MiB cannot be told from what other programs on a
 * busy machine take. What each of ours holds is the kernel's own figure.
 */
export const quietMachine = (machine: MachineView): Pick<MachineView, 'availableBytes'> => ({
  availableBytes() {
    const processes = machine.processes()
    const ours = new Set([process.pid])
    // Parents stand before their children only as long as pids do not wrap: so again until nobody is added.
    for (let before = 0; before !== ours.size;) {
      before = ours.size
      for (const { pid, parentPid } of processes) if (ours.has(parentPid)) ours.add(pid)
    }
    ours.delete(process.pid)
    return [...ours].reduce((left, pid) => left - (machine.hostBytes(pid)?.anonAndShmemBytes ?? 0), ALL_BYTES)
  }
})

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  await new Promise((done) => server.close(done))
  return typeof address === 'object' && address !== null ? address.port : 0
}

export async function startStandIn(kind: 'ollama' | 'lmstudio', plan: object): Promise<StandInService> {
  const port = await freePort()
  const entry = join(import.meta.dirname, `${kind}-process.ts`)
  const child = spawn(process.execPath, [entry, String(port), JSON.stringify(plan)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more))
  await until(`the stand-in for ${kind} listens`, () => text.includes('Listening'))
  const pid = child.pid ?? 0
  const url = `http://127.0.0.1:${port}`
  return {
    port,
    url,
    pid,
    async post(path, body) {
      const answer = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body) })
      return answer.json()
    },
    async end() {
      if (isAlive(pid)) process.kill(pid, 'SIGTERM')
      await until('the stand-in to end', () => !isAlive(pid))
      child.stdout.destroy()
    }
  }
}

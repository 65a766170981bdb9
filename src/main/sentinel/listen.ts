import fs from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { disposable, type Disposable } from '../../shared/util/disposable.ts'

/** systemd.socket(5): the first descriptor it hands over. */
const FIRST_PASSED_FD = 3
const OWNER_ONLY = 0o600
/** A sentinel that lives accepts within microseconds; one that is stopped or starved may not. */
const ANSWER_MS = 500

/** taken: another sentinel answers there. */
export type Listening = Disposable | 'taken'

/** The descriptor systemd passed to this process, or null. */
export function passedDescriptor(env: NodeJS.ProcessEnv, pid: number): number | null {
  return env['LISTEN_PID'] === String(pid) && Number(env['LISTEN_FDS']) >= 1 ? FIRST_PASSED_FD : null
}

/** True where somebody accepts, or might only be slow. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(path)
    const done = (answered: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      settle(answered)
    }
    const timer = setTimeout(() => done(true), ANSWER_MS)
    socket.once('connect', () => done(true))
    socket.once('error', (error: NodeJS.ErrnoException) =>
      done(error.code !== 'ENOENT' && error.code !== 'ECONNREFUSED')
    )
  })
}

const opened = (server: Server, where: string | { readonly fd: number }): Promise<void> =>
  new Promise((done, reject) => {
    server.once('error', reject)
    server.listen(where, () => {
      server.off('error', reject)
      // Accepting can fail for one connection (no descriptors left); the next may work.
      server.on('error', () => undefined)
      done()
    })
  })

/** Listens on what systemd passed. */
export async function listenOnDescriptor(
  fd: number,
  onSocket: (socket: Socket) => void
): Promise<Disposable> {
  const server = createServer(onSocket)
  await opened(server, { fd })
  return disposable(() => void server.close())
}

/**
 * Listens on a path that only this user can reach; 'taken' when a living sentinel has it. Rejects when it cannot.
 *
 * Bound under another name and moved: the file appears with its rights and replaces a stale one in one step.
 */
export async function listenOnPath(path: string, onSocket: (socket: Socket) => void): Promise<Listening> {
  if (await isAnswered(path)) return 'taken'
  const beside = join(dirname(path), `s.${process.pid}`)
  fs.rmSync(beside, { force: true })
  const server = createServer(onSocket)
  await opened(server, beside)
  fs.chmodSync(beside, OWNER_ONLY)
  const { ino } = fs.statSync(beside)
  fs.renameSync(beside, path)
  return disposable(() => {
    if (fs.statSync(path, { throwIfNoEntry: false })?.ino === ino) fs.rmSync(path, { force: true })
    server.close()
  })
}

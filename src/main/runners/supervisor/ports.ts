import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { PortState } from './adapter.ts'

const LOOPBACK = '127.0.0.1'
const LAST_PORT = 65_535
/** State of a listening socket in /proc/net/tcp. */
const LISTEN = '0A'

/** Why nobody can listen there now, as the kernel says it; null when the port is free. */
function listenProblem(port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((settle) => {
    const server = createServer()
    server.once('error', settle)
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => settle(null)))
  })
}

/** First free loopback port from `from` on that is not promised to another launch. */
export async function firstFreePort(from: number, isTaken: (port: number) => boolean): Promise<number> {
  for (let port = from; port <= LAST_PORT; port += 1) {
    if (!isTaken(port) && (await listenProblem(port)) === null) return port
  }
  throw new Error(`no free port from ${from} on`)
}

/** What stands in the way of listening on a port, and who, as far as /proc tells. */
export async function portState(procRoot: string, port: number): Promise<PortState> {
  const problem = await listenProblem(port)
  if (problem === null) return { kind: 'free' }
  if (problem.code === 'EACCES' || problem.code === 'EPERM') return { kind: 'forbidden' }
  const inodes = listeningInodes(procRoot, port)
  for (const name of inodes.size > 0 ? namesIn(procRoot) : []) {
    if (/^\d+$/.test(name) && holdsSocket(join(procRoot, name), inodes)) {
      return { kind: 'taken', by: `${commOf(join(procRoot, name))} (pid ${name})` }
    }
  }
  return { kind: 'taken', by: inodes.size > 0 ? "another user's program" : 'the system' }
}

/** Inodes of sockets that listen on `port`, from /proc/net/tcp and tcp6. */
export function listeningInodes(procRoot: string, port: number): ReadonlySet<string> {
  const inodes = new Set<string>()
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  for (const table of ['tcp', 'tcp6']) {
    for (const line of textOf(join(procRoot, 'net', table))
      .split('\n')
      .slice(1)) {
      const fields = line.trim().split(/\s+/)
      const [, local = '', , state, , , , , , inode] = fields
      if (state === LISTEN && local.endsWith(`:${hex}`) && inode !== undefined) inodes.add(inode)
    }
  }
  return inodes
}

function holdsSocket(processDir: string, inodes: ReadonlySet<string>): boolean {
  return namesIn(join(processDir, 'fd')).some((fd) => {
    try {
      const target = readlinkSync(join(processDir, 'fd', fd))
      return target.startsWith('socket:[') && inodes.has(target.slice('socket:['.length, -1))
    } catch {
      return false
    }
  })
}

const commOf = (processDir: string): string => textOf(join(processDir, 'comm')).trim() || 'a program'

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

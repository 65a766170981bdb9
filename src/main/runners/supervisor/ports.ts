import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

const LOOPBACK = '127.0.0.1'
const LAST_PORT = 65_535
/** State of a listening socket in /proc/net/tcp. */
const LISTEN = '0A'

/** Whether a server could listen there now; a port below 1024 that only root may use counts as not free. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const server = createServer()
    server.once('error', () => settle(false))
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => settle(true)))
  })
}

/** First free loopback port from `from` on that is not promised to another launch. */
export async function firstFreePort(from: number, isTaken: (port: number) => boolean): Promise<number> {
  for (let port = from; port <= LAST_PORT; port += 1) {
    if (!isTaken(port) && (await isPortFree(port))) return port
  }
  throw new Error(`no free port from ${from} on`)
}

/** Who listens on a port: 'python3 (pid 123)', words where it cannot be seen, null when the port is free. */
export async function portOwner(procRoot: string, port: number): Promise<string | null> {
  if (await isPortFree(port)) return null
  const inodes = listeningInodes(procRoot, port)
  for (const name of inodes.size > 0 ? namesIn(procRoot) : []) {
    if (/^\d+$/.test(name) && holdsSocket(join(procRoot, name), inodes)) {
      return `${commOf(join(procRoot, name))} (pid ${name})`
    }
  }
  return inodes.size > 0 ? "another user's program" : 'the system'
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

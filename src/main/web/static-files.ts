import { readFile, realpath, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { CONTENT_SECURITY_POLICY } from '../../shared/contract/content-security-policy.ts'
import { CONTENT_TYPES } from '../platform/content-types.ts'
import { isLoopbackHost } from './loopback.ts'

/** On every answer, errors included; one reason per line. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY, // only our own code runs, it talks only to us
  'X-Content-Type-Options': 'nosniff', // a file is what we say it is
  'X-Frame-Options': 'DENY', // no page can put clicks on the panel; also for what reads no CSP
  'Referrer-Policy': 'no-referrer', // our address stays here
  'Cross-Origin-Opener-Policy': 'same-origin', // no handle on our window
  'Cross-Origin-Resource-Policy': 'same-origin' // no other page embeds our files
}

/** Files named by their content's hash never change; the page itself names them and is always asked for. */
const IMMUTABLE = 'private, max-age=31536000, immutable'
const HASHED_FOLDER = '/assets/'

/**
 * The file of `rootDir` that a request path names, or null.
 *
 * The real path decides: neither '..' in any encoding nor a symbolic link leads out of the folder.
 */
export async function findFile(rootDir: string, requestPath: string): Promise<string | null> {
  let path: string
  try {
    path = decodeURIComponent(requestPath)
  } catch {
    return null
  }
  if (path.includes('\0') || path.includes('\\')) return null
  try {
    const root = await realpath(rootDir)
    const real = await realpath(join(root, path === '/' ? 'index.html' : path))
    if (!real.startsWith(root + sep)) return null
    return (await stat(real)).isFile() ? real : null
  } catch {
    return null
  }
}

/** Answers one plain HTTP request: files of `rootDir`, for loopback names, to be read only. */
export async function serveFile(
  rootDir: string,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  const head = request.method === 'HEAD'
  const answer = (status: number, body: Buffer | string, headers: Record<string, string>): void => {
    response.writeHead(status, {
      ...SECURITY_HEADERS,
      ...headers,
      'Content-Length': Buffer.byteLength(body)
    })
    response.end(head ? undefined : body)
  }
  const refuse = (status: number, text: string, headers: Record<string, string> = {}): void =>
    answer(status, `${text}\n`, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
      ...headers
    })

  if (!isLoopbackHost(request.headers.host)) {
    return refuse(403, 'Firebreak answers only under 127.0.0.1 or localhost. Use an SSH tunnel.')
  }
  if (request.method !== 'GET' && !head)
    return refuse(405, 'Only GET and HEAD.', { Allow: 'GET, HEAD', Connection: 'close' })
  const path = (request.url ?? '/').split(/[?#]/, 1)[0] ?? '/'
  const file = await findFile(rootDir, path)
  if (file === null) return refuse(404, 'There is no such file.')
  const extension = extname(file)
  answer(200, await readFile(file), {
    'Content-Type': CONTENT_TYPES[extension] ?? 'application/octet-stream',
    'Cache-Control':
      extension !== '.html' && path.startsWith(HASHED_FOLDER)
        ? IMMUTABLE
        : extension === '.html'
          ? 'no-store'
          : 'no-cache'
  })
}

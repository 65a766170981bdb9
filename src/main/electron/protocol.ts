import { readFile } from 'node:fs/promises'
import { extname, isAbsolute, relative, resolve, sep } from 'node:path'
import { CONTENT_TYPES } from '../platform/content-types.ts'
import { APP_HOST } from './trust.ts'

const PLAIN = 'text/plain; charset=utf-8'

/**
 * The file below `root` that a URL names, or null when it names none: another host, a path that leaves the
 * folder (also percent-encoded), a broken escape, a NUL.
 */
export function fileOfUrl(url: string, root: string): string | null {
  if (!URL.canParse(url)) return null
  const parsed = new URL(url)
  if (parsed.host !== APP_HOST) return null
  let path: string
  try {
    path = decodeURIComponent(parsed.pathname)
  } catch {
    return null
  }
  if (path.includes('\0') || path.includes('\\')) return null
  const file = resolve(root, `.${path === '/' ? '/index.html' : path}`)
  const inside = relative(root, file)
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return null
  return file
}

/** Answers app:// requests from the built renderer, and from nowhere else; every answer carries `headers`. */
export function createAppHandler(
  rendererDir: string,
  headers: Readonly<Record<string, string>>
): (request: Request) => Promise<Response> {
  const root = resolve(rendererDir)
  const answer = (status: number, type: string, body: string | Uint8Array<ArrayBuffer>): Response =>
    // no-cache: files change when the app is updated, their names may not.
    new Response(body, { status, headers: { ...headers, 'content-type': type, 'cache-control': 'no-cache' } })

  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, PLAIN, 'only GET')
    const file = fileOfUrl(request.url, root)
    const type = file === null ? undefined : CONTENT_TYPES[extname(file)]
    if (file === null || type === undefined) return answer(404, PLAIN, 'not found')
    try {
      return answer(200, type, new Uint8Array(await readFile(file)))
    } catch {
      return answer(404, PLAIN, 'not found')
    }
  }
}

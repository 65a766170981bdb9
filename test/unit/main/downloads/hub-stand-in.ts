import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * A stand-in for Hugging Face's hub and for the store it sends large files' readers to, written from the published API:
 * GET /api/models/R/revision/REV?blobs=true, GET /R/resolve/REV/FILE with Range, X-Error-Code.
 */
export interface HubStandIn {
  readonly url: string
  readonly storeUrl: string
  readonly requests: readonly Seen[]
  /** Asked first for every request; true: it has answered. */
  intercept: (seen: Seen, response: ServerResponse) => boolean
  /** Shown in the list in place of what the files are. */
  siblings: (list: readonly Sibling[]) => readonly unknown[]
  close(): Promise<void>
}

export interface Seen {
  readonly at: 'hub' | 'store'
  readonly path: string
  readonly authorization: string | undefined
  readonly range: string | undefined
}

export interface Sibling {
  readonly rfilename: string
  readonly size: number
  readonly blobId: string
  readonly lfs?: { readonly sha256: string; readonly size: number; readonly pointerSize: number }
}

export interface StoredFile {
  readonly name: string
  readonly bytes: Buffer
  readonly lfs: boolean
}

export const COMMIT = '0123456789abcdef0123456789abcdef01234567'
export const REPOSITORY = 'maker/tiny-GGUF'

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
export const gitSha1 = (bytes: Buffer): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
export const etagOf = ({ bytes, lfs }: StoredFile): string => (lfs ? sha256(bytes) : gitSha1(bytes))

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const close = (server: Server): Promise<void> =>
  new Promise((done) => {
    server.close(() => done())
    server.closeAllConnections()
  })

export async function startHub(files: readonly StoredFile[]): Promise<HubStandIn> {
  const requests: Seen[] = []
  const serve = (bytes: Buffer, range: string | undefined, response: ServerResponse): void => {
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? Number.NaN)
    if (Number.isNaN(from)) {
      response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
    } else if (from >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
    } else {
      response
        .writeHead(206, {
          'content-length': bytes.length - from,
          'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`
        })
        .end(bytes.subarray(from))
    }
  }
  const noted = (at: Seen['at'], { url = '', headers }: IncomingMessage): Seen => {
    const seen = { at, path: url, authorization: headers.authorization, range: headers.range }
    requests.push(seen)
    return seen
  }
  const fileOf = (path: string): StoredFile | undefined =>
    files.find(({ name }) => path.endsWith(`/${name.split('/').map(encodeURIComponent).join('/')}`))

  const store = createServer((request, response) => {
    const seen = noted('store', request)
    if (hub.intercept(seen, response)) return
    const file = fileOf(seen.path)
    if (file === undefined) response.writeHead(404).end()
    else serve(file.bytes, seen.range, response)
  })
  const main = createServer((request, response) => {
    const seen = noted('hub', request)
    if (hub.intercept(seen, response)) return
    if (seen.path.startsWith(`/api/models/${REPOSITORY}/revision/`)) {
      const list = files.map((file) => ({
        rfilename: file.name,
        size: file.bytes.length,
        blobId: gitSha1(file.bytes),
        ...(file.lfs
          ? { lfs: { sha256: sha256(file.bytes), size: file.bytes.length, pointerSize: 134 } }
          : {})
      }))
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ id: REPOSITORY, sha: COMMIT, siblings: hub.siblings(list) }))
      return
    }
    const file = seen.path.startsWith(`/${REPOSITORY}/resolve/${COMMIT}/`) ? fileOf(seen.path) : undefined
    if (file === undefined) response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end()
    else if (file.lfs)
      response.writeHead(302, { location: `${hub.storeUrl}/store/${file.name}` }).end('Found. Redirecting')
    else serve(file.bytes, seen.range, response)
  })
  const hub: HubStandIn & { storeUrl: string; url: string } = {
    url: '',
    storeUrl: '',
    requests,
    intercept: () => false,
    siblings: (list) => list,
    async close() {
      await Promise.all([close(main), close(store)])
    }
  }
  hub.storeUrl = await listen(store)
  hub.url = await listen(main)
  return hub
}

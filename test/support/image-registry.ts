import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json'
const CONFIG_TYPE = 'application/vnd.docker.container.image.v1+json'
const LAYER_TYPE = 'application/vnd.docker.image.rootfs.diff.tar.gzip'
const TAR_BLOCK = 512

/** A stand-in for a registry of images, after the published specification: enough to pull from. */
export interface ImageRegistry {
  /** host:port, spoken to without TLS. */
  readonly host: string
  /** An image with one small file in it. */
  readonly image: string
  /** One whose layer never comes. */
  readonly slowImage: string
  end(): Promise<void>
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** A tar with one file of zeros. */
function tarOf(name: string, size: number): Buffer {
  const header = Buffer.alloc(TAR_BLOCK)
  header.write(name, 0)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write('0', 156)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const padded = Math.ceil(size / TAR_BLOCK) * TAR_BLOCK
  return Buffer.concat([header, Buffer.alloc(padded + 2 * TAR_BLOCK)])
}

export async function startImageRegistry(): Promise<ImageRegistry> {
  const tar = tarOf('file', 4 * TAR_BLOCK)
  const layer = gzipSync(tar)
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [digestOf(tar)] }
    })
  )
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: CONFIG_TYPE, size: config.length, digest: digestOf(config) },
      layers: [{ mediaType: LAYER_TYPE, size: layer.length, digest: digestOf(layer) }]
    })
  )
  const send = (response: ServerResponse, type: string, body: Buffer): void => {
    response.writeHead(200, {
      'content-type': type,
      'content-length': body.length,
      'docker-content-digest': digestOf(body)
    })
    response.end(body)
  }
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    if (path === '/v2/') response.writeHead(200).end('{}')
    else if (/^\/v2\/test\/(?:small|slow)\/manifests\/(?:1|sha256:.*)$/.test(path))
      send(response, MANIFEST_TYPE, manifest)
    else if (path.endsWith(digestOf(config))) send(response, CONFIG_TYPE, config)
    else if (path === `/v2/test/small/blobs/${digestOf(layer)}`) send(response, LAYER_TYPE, layer)
    else if (path === `/v2/test/slow/blobs/${digestOf(layer)}`) response.writeHead(200).flushHeaders()
    else {
      const errors = [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }]
      response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ errors }))
    }
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  return {
    host,
    image: `${host}/test/small:1`,
    slowImage: `${host}/test/slow:1`,
    async end() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    }
  }
}

import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { downloadModel, type DownloadProgress } from '../../../../src/main/downloads/download.ts'
import { createTries } from '../../../../src/main/downloads/tries.ts'
import { findModels } from '../../../../src/main/models/find.ts'
import type { ModelSource } from '../../../../src/shared/model/playbook.ts'
import { until } from '../../../support/until.ts'
import { COMMIT, etagOf, REPOSITORY, startHub, type HubStandIn, type StoredFile } from './hub-stand-in.ts'

const TOKEN = 'hf_secret0123456789'
const weights = Buffer.alloc(3_000_000, 'GGUF0123456789')
const GGUF: StoredFile = { name: 'tiny-Q4_0.gguf', bytes: weights, lfs: true }
const README: StoredFile = { name: 'docs/read me.md', bytes: Buffer.from('# Tiny\n'), lfs: false }
const OTHER: StoredFile = { name: 'tiny-Q8_0.gguf', bytes: Buffer.alloc(10, 'GGUF'), lfs: true }

let home = ''
let hub: HubStandIn
let repository = ''
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'firebreak-download-'))
  hub = await startHub([GGUF, README, OTHER])
  repository = join(home, '.cache/huggingface/hub/models--maker--tiny-GGUF')
})
afterEach(async () => {
  await hub.close()
  rmSync(home, { recursive: true, force: true })
})

const source = (more: Partial<ModelSource> = {}): ModelSource => ({
  repository: REPOSITORY,
  revision: 'main',
  files: ['*Q4_0*', 'docs/*'],
  sizeBytes: 0,
  gated: false,
  ...more
})
const reports: DownloadProgress[] = []
const download = (
  more: Partial<ModelSource> = {},
  options: {
    env?: NodeJS.ProcessEnv
    free?: number
    signal?: AbortSignal
    pausesMs?: readonly number[]
    silenceMs?: number
  } = {}
) => {
  reports.length = 0
  const { pausesMs = [1, 1, 1], silenceMs = 5_000 } = options
  return downloadModel(
    {
      homeDir: home,
      env: { HF_ENDPOINT: hub.url, ...options.env },
      tries: createTries({ pausesMs, silenceMs }),
      freeBytes: async () => options.free ?? 10 * 1024 ** 3
    },
    source(more),
    options.signal ?? new AbortController().signal,
    (progress) => reports.push(progress)
  )
}
const snapshotFile = (name: string): string => join(repository, 'snapshots', COMMIT, name)
const blobs = (): readonly string[] =>
  existsSync(join(repository, 'blobs')) ? readdirSync(join(repository, 'blobs')).toSorted() : []
const unfinished = `${etagOf(GGUF)}.incomplete`
const putUnfinished = (bytes: Buffer): void => {
  mkdirSync(join(repository, 'blobs'), { recursive: true })
  writeFileSync(join(repository, 'blobs', unfinished), bytes)
}
const ranges = (): readonly (string | undefined)[] =>
  hub.requests.filter(({ at }) => at === 'store').map(({ range }) => range)

describe('a download', () => {
  test('ends in the cache as the tools of Hugging Face lay it out', async () => {
    expect(await download()).toEqual({ ok: true, value: `${REPOSITORY} is here: 2 files, 2.9 MiB.` })
    expect(readFileSync(snapshotFile(GGUF.name)).equals(weights)).toBe(true)
    expect(readlinkSync(snapshotFile(GGUF.name))).toBe(`../../blobs/${etagOf(GGUF)}`)
    expect(readlinkSync(snapshotFile(README.name))).toBe(`../../../blobs/${etagOf(README)}`)
    expect(readFileSync(join(repository, 'refs/main'), 'utf8')).toBe(COMMIT)
    expect(blobs()).toEqual([etagOf(GGUF), etagOf(README)].toSorted())
    const { models } = await findModels({ homeDir: home, folders: [] })
    expect(models).toMatchObject([
      {
        label: 'tiny-Q4_0',
        store: 'huggingface',
        repository: REPOSITORY,
        isPartial: false,
        sizeBytes: 3_000_000
      }
    ])
  })

  test('tells how far it is, never backwards', async () => {
    await download()
    const done = reports.map(({ doneBytes }) => doneBytes)
    expect(done).toEqual(done.toSorted((a, b) => a - b))
    expect(reports.at(-1)).toMatchObject({ doneBytes: 3_000_007, totalBytes: 3_000_007 })
    expect(reports[0]?.text).toContain('file 1 of 2')
  })

  test('what is whole is not fetched again', async () => {
    await download()
    const before = hub.requests.length
    expect(await download()).toMatchObject({ ok: true })
    expect(hub.requests.length - before).toBe(1)
  })

  test('a commit as revision is no branch: no reference is written', async () => {
    expect(await download({ revision: COMMIT })).toMatchObject({ ok: true })
    expect(existsSync(join(repository, 'refs'))).toBe(false)
  })
})

describe('going on', () => {
  test('begins where an earlier one stopped', async () => {
    putUnfinished(weights.subarray(0, 1_000_000))
    expect(await download()).toMatchObject({ ok: true })
    expect(ranges()).toEqual(['bytes=1000000-'])
    expect(readFileSync(snapshotFile(GGUF.name)).equals(weights)).toBe(true)
  })

  test('a cut connection is taken up again where it was cut', async () => {
    let cuts = 0
    hub.intercept = (seen, response) => {
      if (seen.at !== 'store' || cuts === 2) return false
      cuts += 1
      const from = Number(/\d+/.exec(seen.range ?? 'bytes=0-')?.[0])
      const rest = weights.subarray(from)
      response.writeHead(seen.range ? 206 : 200, {
        'content-length': rest.length,
        'content-range': `bytes ${from}-${weights.length - 1}/${weights.length}`
      })
      response.write(rest.subarray(0, 500_000), () => response.destroy())
      return true
    }
    expect(await download()).toMatchObject({ ok: true })
    expect(ranges()).toHaveLength(3)
    expect(readFileSync(snapshotFile(GGUF.name)).equals(weights)).toBe(true)
  })

  test('a body shorter than the hub names is not taken for whole', async () => {
    hub.intercept = (seen, response) => {
      if (seen.at !== 'store') return false
      response.writeHead(seen.range ? 416 : 200).end(seen.range ? '' : weights.subarray(0, 1_000))
      return true
    }
    expect(await download()).toMatchObject({ ok: false, error: { code: 'timeout' } })
    expect(blobs()).toEqual([unfinished])
    expect(existsSync(snapshotFile(GGUF.name))).toBe(false)
  })

  test.each([
    ['a server that knows no ranges', weights.subarray(0, 1_000_000), true],
    ['more bytes than the file has', Buffer.alloc(4_000_000), false]
  ])('%s: from the beginning', async (_what, begun, ignoresRange) => {
    putUnfinished(begun)
    hub.intercept = (seen, response) => {
      if (seen.at !== 'store' || !ignoresRange) return false
      response.writeHead(200, { 'content-length': weights.length }).end(weights)
      return true
    }
    expect(await download()).toMatchObject({ ok: true })
    expect(readFileSync(snapshotFile(GGUF.name)).equals(weights)).toBe(true)
  })

  test('all bytes are there already: nothing is asked for', async () => {
    putUnfinished(weights)
    expect(await download()).toMatchObject({ ok: true })
    expect(ranges()).toEqual([])
  })

  test('a silent connection is given up and said', async () => {
    hub.intercept = (seen, response) => {
      if (seen.at !== 'store') return false
      response.writeHead(seen.range ? 206 : 200, { 'content-length': weights.length })
      if (!seen.range) response.write(weights.subarray(0, 1_000))
      return true
    }
    const ended = await download({}, { silenceMs: 100, pausesMs: [1] })
    expect(ended).toMatchObject({ ok: false, error: { code: 'timeout' } })
    expect(blobs()).toEqual([unfinished])
  })
})

describe('what is wrong is never taken for whole', () => {
  test('other bytes than the checksum: deleted', async () => {
    hub.intercept = (seen, response) => {
      if (seen.at !== 'store') return false
      response.writeHead(200).end(Buffer.alloc(weights.length, 'x'))
      return true
    }
    expect(await download()).toMatchObject({ ok: false, error: { code: 'model-invalid' } })
    expect(blobs()).toEqual([])
    expect(existsSync(snapshotFile(GGUF.name))).toBe(false)
  })

  test('a wrong beginning from an earlier fetch: deleted, and the next try is whole', async () => {
    putUnfinished(Buffer.alloc(1_000, 'x'))
    expect(await download()).toMatchObject({ ok: false, error: { code: 'model-invalid' } })
    expect(await download()).toMatchObject({ ok: true })
  })

  test('small files are checked too, by the number Git gives them', async () => {
    hub.intercept = (seen, response) => {
      if (!seen.path.endsWith('.md')) return false
      response.writeHead(200).end('# Evil\n')
      return true
    }
    expect(await download()).toMatchObject({ ok: false, error: { code: 'model-invalid' } })
  })

  test('more bytes than named are not written', async () => {
    hub.intercept = (seen, response) => {
      if (seen.at !== 'store') return false
      response.writeHead(200).end(Buffer.alloc(weights.length + 10))
      return true
    }
    expect(await download()).toMatchObject({ ok: false })
    expect(lstatSync(join(repository, 'blobs', unfinished)).size).toBeLessThanOrEqual(weights.length)
  })

  test.each(['../../evil', '/etc/evil', 'a/../../evil', 'a//evil', 'a\\evil', 'a/\u001bevil', '.'])(
    'a file named %j is refused',
    async (name) => {
      hub.siblings = (list) => [...list, { ...list[0], rfilename: name }]
      expect(await download({ files: ['*'] })).toMatchObject({ ok: false, error: { code: 'refused' } })
      expect(existsSync(repository)).toBe(false)
    }
  )

  test.each([
    ['no checksum', { lfs: { sha256: '../../evil', size: 3 } }],
    ['no size', { size: -1 }]
  ])('a listing with %s is refused', async (_what, wrong) => {
    hub.siblings = (list) => list.map((one) => ({ ...one, ...wrong }))
    expect(await download()).toMatchObject({ ok: false, error: { code: 'refused' } })
  })

  test.each([
    { repository: '../..' },
    { repository: 'maker/..' },
    { revision: '../main' },
    { revision: '/main' }
  ])('%j is refused before anybody is asked', async (wrong) => {
    expect(await download(wrong)).toMatchObject({ ok: false, error: { code: 'bad-request' } })
    expect(hub.requests).toEqual([])
  })

  test('a link in the snapshot that leads elsewhere is not written through', async () => {
    const outside = join(home, 'outside')
    mkdirSync(outside)
    mkdirSync(dirname(snapshotFile('docs')), { recursive: true })
    symlinkSync(outside, snapshotFile('docs'))
    expect(await download()).toMatchObject({ ok: false })
    expect(readdirSync(outside)).toEqual([])
  })
})

describe('the disk', () => {
  test('is asked first: too little is said with figures, and nothing is fetched', async () => {
    const ended = await download({}, { free: 1024 ** 3 + 1_000_000 })
    expect(ended).toMatchObject({ ok: false, error: { code: 'refused' } })
    expect(ended.ok ? '' : ended.error.message).toContain('needs 2.9 MiB and 1 GiB to spare')
    expect(existsSync(repository)).toBe(false)
    expect(ranges()).toEqual([])
  })

  test('what is there already is not counted', async () => {
    putUnfinished(weights.subarray(0, 2_500_000))
    expect(await download({}, { free: 1024 ** 3 + 600_000 })).toMatchObject({ ok: true })
  })
})

describe('the token', () => {
  const sent = (): readonly (readonly [string, string | undefined])[] =>
    hub.requests.map(({ at, authorization }) => [at, authorization])

  test.each(['variable', 'file'])('from a %s goes to the hub and not to the store', async (from) => {
    mkdirSync(join(home, '.cache/huggingface'), { recursive: true })
    if (from === 'file') writeFileSync(join(home, '.cache/huggingface/token'), `${TOKEN}\n`, { mode: 0o600 })
    await download({}, { env: from === 'file' ? {} : { HF_TOKEN: TOKEN } })
    expect(sent()).toEqual([
      ['hub', `Bearer ${TOKEN}`],
      ['hub', `Bearer ${TOKEN}`],
      ['store', undefined],
      ['hub', `Bearer ${TOKEN}`]
    ])
  })

  test('is in no message, whatever goes wrong', async () => {
    for (const status of [400, 401, 403, 404, 418, 500]) {
      hub.intercept = (_seen, response) => {
        response.writeHead(status).end(TOKEN)
        return true
      }
      const ended = await download({}, { env: { HF_TOKEN: TOKEN } })
      expect(JSON.stringify([ended, reports])).not.toContain(TOKEN)
    }
  })

  test('that is no token is not sent', async () => {
    await download({}, { env: { HF_TOKEN: 'two words\r\nX-Evil: 1' } })
    expect(sent().every(([, authorization]) => authorization === undefined)).toBe(true)
  })
})

describe('a no of the hub is said with what to do', () => {
  const answer = (status: number, headers: Readonly<Record<string, string>> = {}): void => {
    hub.intercept = (_seen, response) => {
      response.writeHead(status, headers).end('no')
      return true
    }
  }
  test.each([
    [401, { 'x-error-code': 'GatedRepo' }, {}, 'refused', /accept its licence.*hf auth login/],
    [403, { 'x-error-code': 'GatedRepo' }, { HF_TOKEN: TOKEN }, 'refused', /accept its licence.*not allowed/],
    [401, {}, { HF_TOKEN: TOKEN }, 'refused', /does not accept your token/],
    [401, { 'x-error-code': 'RepoNotFound' }, {}, 'not-found', /no repository .* or it is private/],
    [404, { 'x-error-code': 'RevisionNotFound' }, {}, 'not-found', /no revision main/],
    [418, {}, {}, 'refused', /status 418/],
    [500, {}, {}, 'timeout', /trouble of its own/],
    [429, {}, {}, 'timeout', /asks to wait/]
  ])('%i %j', async (status, headers, env, code, text) => {
    answer(status, headers)
    const ended = await download({}, { env })
    expect(ended).toMatchObject({ ok: false, error: { code } })
    expect(ended.ok ? '' : ended.error.message).toMatch(text)
  })

  test('a playbook that knows of the licence says so, though the hub does not', async () => {
    answer(401)
    const ended = await download({ gated: true })
    expect(ended.ok ? '' : ended.error.message).toMatch(/accept its licence/)
  })

  test('a licence that only the files ask for is said too', async () => {
    hub.intercept = (seen, response) => {
      if (!seen.path.includes('/resolve/')) return false
      response.writeHead(403, { 'x-error-code': 'GatedRepo' }).end()
      return true
    }
    const ended = await download()
    expect(ended.ok ? '' : ended.error.message).toMatch(/accept its licence/)
    expect(existsSync(snapshotFile(GGUF.name))).toBe(false)
  })

  test('an address of the store that is too old is asked for anew', async () => {
    let refusals = 2
    hub.intercept = (seen, response) => {
      if (seen.at !== 'store' || refusals === 0) return false
      refusals -= 1
      response.writeHead(403).end('expired')
      return true
    }
    expect(await download()).toMatchObject({ ok: true })
    expect(hub.requests.filter(({ path }) => path.includes('/resolve/'))).toHaveLength(4)
  })

  test('a hub that takes the question and never answers is given up', async () => {
    hub.intercept = () => true
    const ended = await download({}, { silenceMs: 100, pausesMs: [] })
    expect(ended.ok ? '' : ended.error.message).toContain('has not answered')
  })

  test('a proxy that the environment names is used', async () => {
    const asked: string[] = []
    const proxy = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.writeHead(403, { 'x-error-code': 'RepoNotFound' }).end()
    })
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done))
    const { port } = proxy.address() as AddressInfo
    const ended = await download({}, { env: { http_proxy: `http://127.0.0.1:${port}` } })
    expect(ended).toMatchObject({ ok: false })
    expect(asked[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\/models\//)
    expect(hub.requests).toEqual([])
    await new Promise((done) => proxy.close(done))
  })

  test('a file that is not there is named', async () => {
    const ended = await download({ files: ['*.gguf', 'nothing*'] })
    expect(ended).toMatchObject({ ok: false, error: { code: 'not-found' } })
    expect(ended.ok ? '' : ended.error.message).toContain('nothing*')
  })

  test('patience: after 429 and 503 it goes on', async () => {
    const answers = [429, 503]
    hub.intercept = (_seen, response) => {
      const status = answers.pop()
      if (status === undefined) return false
      response.writeHead(status, { 'retry-after': '0' }).end()
      return true
    }
    expect(await download()).toMatchObject({ ok: true })
  })

  test('a server that asks for an hour is not waited for', async () => {
    answer(429, { 'retry-after': '3600' })
    expect(await download()).toMatchObject({ ok: false, error: { code: 'timeout' } })
    expect(hub.requests).toHaveLength(1)
  })

  test.each(['not json', '[]', '{"sha":"../..","siblings":[]}'])('an answer %j is no list', async (text) => {
    hub.intercept = (_seen, response) => {
      response.writeHead(200).end(text)
      return true
    }
    expect(await download()).toMatchObject({ ok: false, error: { code: 'timeout' } })
  })

  test('redirects without end, and to an unsafe address, are not followed', async () => {
    for (const location of [`${hub.url}/again`, 'file:///etc/passwd']) {
      hub.intercept = (_seen, response) => {
        response.writeHead(302, { location }).end()
        return true
      }
      expect(await download()).toMatchObject({ ok: false })
    }
  })

  test('nobody answers, and an endpoint that is none', async () => {
    const ended = await download({}, { env: { HF_ENDPOINT: 'http://127.0.0.1:1' } })
    expect(ended.ok ? '' : ended.error.message).toContain('Nothing answers at 127.0.0.1:1')
    expect(await download({}, { env: { HF_ENDPOINT: 'nonsense' } })).toMatchObject({
      error: { code: 'settings-invalid' }
    })
  })
})

test('cancelled, it ends at once and leaves what it has for the next', async () => {
  const abort = new AbortController()
  hub.intercept = (seen, response) => {
    if (seen.at !== 'store' || seen.range !== undefined) return false
    response.writeHead(200, { 'content-length': weights.length })
    response.write(weights.subarray(0, 1_000_000))
    return true
  }
  const running = download({}, { signal: abort.signal }).catch((error: unknown) => error)
  await until('a part of it is here', () => reports.some(({ doneBytes }) => doneBytes === 1_000_000))
  abort.abort()
  expect(await running).toBeInstanceOf(Error)
  expect(lstatSync(join(repository, 'blobs', unfinished)).size).toBe(1_000_000)
  expect(existsSync(snapshotFile(GGUF.name))).toBe(false)
  expect(await download()).toMatchObject({ ok: true })
  expect(ranges().at(-1)).toBe('bytes=1000000-')
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Job } from '../../src/shared/model/job.ts'
import type { CommandInput } from '../../src/shared/contract/commands.ts'
import { makeHome, startHeadless, type HeadlessCore, type Home } from '../support/headless-core.ts'
import { until } from '../support/until.ts'
import {
  COMMIT,
  etagOf,
  REPOSITORY,
  startHub,
  type HubStandIn,
  type StoredFile
} from '../unit/main/downloads/hub-stand-in.ts'

// The built core against a stand-in of the hub: the same socket, the same files as in use.

const TOKEN = 'hf_secret0123456789'
const weights = Buffer.alloc(8_000_000, 'GGUF0123456789')
const GGUF: StoredFile = { name: 'tiny-Q4_0.gguf', bytes: weights, lfs: true }
const source: CommandInput<'models.download'>['source'] = {
  repository: REPOSITORY,
  files: ['*.gguf'],
  sizeBytes: weights.length,
  gated: false
}

let hub: HubStandIn
let home: Home
const cores: HeadlessCore[] = []
beforeEach(async () => {
  hub = await startHub([GGUF])
  const made = makeHome()
  const { HF_HOME: _home, HF_HUB_CACHE: _cache, XDG_CACHE_HOME: _xdg, ...env } = made.env
  home = { ...made, env: { ...env, HF_ENDPOINT: hub.url, HF_TOKEN: TOKEN } }
})
afterEach(async () => {
  for (const core of cores.splice(0)) await core.end('SIGKILL')
  await hub.close()
  home.remove()
})
const start = async (): Promise<HeadlessCore> => {
  const core = await startHeadless(home)
  cores.push(core)
  return core
}
const download = async (core: HeadlessCore): Promise<Job> => {
  const job = await core.client.call('models.download', { source })
  if (!job.ok) throw new Error(job.error.message)
  return job.value
}
const jobOf = async (core: HeadlessCore, id: string): Promise<Job | undefined> => {
  const jobs = await core.client.call('jobs.list', {})
  return jobs.ok ? jobs.value.find((job) => job.id === id) : undefined
}
/** Sends the first megabyte and then nothing, to those who begin at the beginning. */
const stall = (): void => {
  hub.intercept = (seen, response) => {
    if (seen.at !== 'store' || seen.range !== undefined) return false
    response.writeHead(200, { 'content-length': weights.length })
    response.write(weights.subarray(0, 1_000_000))
    return true
  }
}
const unfinishedBytes = (): number => {
  const blobs = join(home.dir, '.cache/huggingface/hub/models--maker--tiny-GGUF/blobs')
  try {
    return readFileSync(join(blobs, `${etagOf(GGUF)}.incomplete`)).length
  } catch {
    return 0
  }
}

test('a download is a job that is told of, and the model is in the list when it ends', async () => {
  const core = await start()
  const told: Job[] = []
  core.client.on('job', (job) => told.push(job))
  await core.client.call('events.subscribe', { events: ['job'] })
  expect(await core.client.call('models.list', {})).toMatchObject({ ok: true, value: { models: [] } })
  const { id } = await download(core)
  await until('the job is done', () => told.some((job) => job.id === id && job.state === 'done'))
  expect(told.at(-1)).toMatchObject({ doneBytes: weights.length, totalBytes: weights.length })
  const found = await core.client.call('models.list', {})
  const model = found.ok ? found.value.models[0] : undefined
  expect(model).toMatchObject({ label: 'tiny-Q4_0', store: 'huggingface', isPartial: false })
  expect(readFileSync(model?.path ?? '').equals(weights)).toBe(true)
  expect(model?.path).toContain(`/snapshots/${COMMIT}/`)
  expect(core.stderr() + JSON.stringify(told)).not.toContain(TOKEN)
})

test('a core that is killed in the middle: the next one goes on where it stopped', async () => {
  stall()
  const core = await start()
  await download(core)
  await until('a part of it is on disk', () => unfinishedBytes() === 1_000_000)
  await core.end('SIGKILL')
  cores.length = 0
  const next = await start()
  const partial = await next.client.call('models.list', {})
  expect(partial.ok && partial.value.models).toMatchObject([{ repository: REPOSITORY, isPartial: true }])
  const { id } = await download(next)
  await until('the job is done', async () => (await jobOf(next, id))?.state === 'done')
  expect(hub.requests.at(-1)).toMatchObject({ at: 'store', range: 'bytes=1000000-' })
  expect(unfinishedBytes()).toBe(0)
})

test('the same download twice is one job; other files of it wait; cancelled it can be begun again', async () => {
  stall()
  const core = await start()
  const { id } = await download(core)
  expect((await download(core)).id).toBe(id)
  const other = await core.client.call('models.download', { source: { ...source, files: ['*'] } })
  expect(other).toMatchObject({ ok: false, error: { code: 'already-running' } })
  await until('a part of it is on disk', () => unfinishedBytes() === 1_000_000)
  expect(await core.client.call('jobs.cancel', { id })).toMatchObject({ ok: true })
  await until('it is cancelled', async () => (await jobOf(core, id))?.state === 'cancelled')
  const again = await download(core)
  await until('the other is done', async () => (await jobOf(core, again.id))?.state === 'done')
})

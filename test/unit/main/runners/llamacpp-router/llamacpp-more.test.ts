import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { llamaCppAdapter } from '../../../../../src/main/runners/adapters/llamacpp/adapter.ts'
import { checkExtraArgs } from '../../../../../src/main/runners/adapters/llamacpp/args.ts'
import type { PlanContext } from '../../../../../src/main/runners/supervisor/adapter.ts'
import type { LlamaCppProfile } from '../../../../../src/shared/model/runner.ts'
import { defaultLlamaCppSettings } from '../../../../../src/shared/settings/llamacpp-defaults.ts'
import { defaultSettings } from '../../../../../src/shared/settings/schema.ts'
import { makeGguf } from '../../../../support/make-gguf.ts'

const BLOB = `/usr/share/ollama/.ollama/models/blobs/sha256-${'0'.repeat(64)}`
const TIMEOUT_MS = 2_000

describe('recognised by its command line', () => {
  test.each([
    [
      ['/opt/llama.cpp/llama-server', '-m', '/m.gguf', '--port', '9000'],
      '/m.gguf',
      9000,
      'http://127.0.0.1:9000'
    ],
    [
      ['llama-server', '-hf', 'a/b:Q4', '--port=9001', '--host', '0.0.0.0'],
      'a/b:Q4',
      9001,
      'http://127.0.0.1:9001'
    ],
    [['llama-server', '--models-dir', '/models'], '/models', 8080, 'http://127.0.0.1:8080'],
    [['llama-server'], null, 8080, 'http://127.0.0.1:8080'],
    [['llama-server', '-m', '/m', '--api-prefix', '/x'], '/m', 8080, null]
  ])('%j', (commandLine, model, port, url) => {
    expect(llamaCppAdapter.recognise(commandLine)).toEqual({ model, port, url })
  })
  test('what Ollama runs is Ollama’s, and other programs are none', () => {
    expect(llamaCppAdapter.recognise(['llama-server', '--model', BLOB, '--port', '40000'])).toBeNull()
    for (const other of [[], ['llama-cli', '-m', '/m'], ['vi', 'llama-server']]) {
      expect(llamaCppAdapter.recognise(other)).toBeNull()
    }
  })
})

describe('a plan', () => {
  let dir = ''
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'firebreak-plan-'))
    mkdirSync(join(dir, 'blobs'))
    mkdirSync(join(dir, 'snapshots'))
    makeGguf(join(dir, 'blobs', 'x'))
    symlinkSync('../blobs/x', join(dir, 'snapshots', 'tiny.gguf'))
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  const context: PlanContext = {
    settings: defaultSettings(),
    env: { HOME: '/nowhere', PATH: '/nowhere' },
    firstFreePort: async (from) => from,
    portState: async () => ({ kind: 'free' })
  }
  const profile = (more: Partial<LlamaCppProfile>): LlamaCppProfile => ({
    id: 'a',
    label: 'a',
    kind: 'llamacpp',
    modelPath: join(dir, 'snapshots', 'tiny.gguf'),
    settings: { ...defaultLlamaCppSettings(), binary: process.execPath },
    restartOnCrash: false,
    importance: 'normal',
    pinned: false,
    floorBytes: null,
    lan: false,
    container: null,
    ...more
  })
  const planned = async (more: Partial<LlamaCppProfile>) => {
    const plan = await llamaCppAdapter.plan(profile(more), context)
    if (!plan.ok) throw new Error(plan.error.message)
    return plan.value
  }
  const after = (args: readonly string[], option: string): string | undefined =>
    args[args.indexOf(option) + 1]

  test('a folder is served by a router', async () => {
    const plan = await planned({ modelPath: join(dir, 'snapshots') })
    expect(after(plan.args, '--models-dir')).toBe(join(dir, 'snapshots'))
    expect(plan.args).not.toContain('-m')
    expect(plan.modelBytes).toBeNull()
  })
  test('this machine alone, unless the profile says the network', async () => {
    expect(after((await planned({})).args, '--host')).toBe('127.0.0.1')
    const open = await planned({ lan: true })
    expect(after(open.args, '--host')).toBe('0.0.0.0')
    expect(open.url).toBe('http://127.0.0.1:8080')
  })
  test('in a container: the program of the image, the model read-only at its own path, links followed', async () => {
    const container = { image: 'i:1', gpus: true, shmMiB: 64, hostIpc: false, mounts: [], env: ['A=b=c'] }
    const plan = await planned({ container, settings: { ...defaultLlamaCppSettings(), port: 9000 } })
    expect(plan).toMatchObject({ file: '', port: 9000, env: { A: 'b=c' } })
    expect([after(plan.args, '--port'), after(plan.args, '--host')]).toEqual(['8080', '0.0.0.0'])
    expect(plan.container).toMatchObject({
      image: 'i:1',
      shmBytes: 64 * 1024 ** 2,
      containerPort: 8080,
      hostAddress: '127.0.0.1',
      mounts: ['snapshots', 'blobs'].map((name) => ({
        hostPath: join(dir, name),
        containerPath: join(dir, name),
        readOnly: true
      }))
    })
  })
  test('the folder is the profile’s to say', () => {
    expect(checkExtraArgs(['--models-dir', '/x'])).toMatchObject({ code: 'bad-request' })
  })
})

describe('what it does now, from its metrics', () => {
  async function activityWith(
    page: (reading: number) => string
  ): ReturnType<typeof llamaCppAdapter.activity> {
    let readings = 0
    const server = createServer((request, response) => {
      if (!request.url?.startsWith('/metrics')) {
        response.statusCode = 404
        response.end()
        return
      }
      response.end(page(readings))
      readings += 1
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    try {
      return await llamaCppAdapter.activity(`http://127.0.0.1:${port}`, TIMEOUT_MS)
    } finally {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    }
  }
  const page = (running: number, waiting: number, rate: number, steps: number): string =>
    `# HELP x y\nllamacpp:requests_processing ${running}\nllamacpp:requests_deferred ${waiting}\n` +
    `llamacpp:predicted_tokens_seconds ${rate}\nllamacpp:n_decode_total ${steps}\n`

  test('idle', async () => {
    expect(await activityWith(() => page(0, 0, 0, 9))).toEqual({
      busy: false,
      requestsRunning: 0,
      requestsWaiting: 0,
      tokensPerS: 0
    })
  })
  test('busy with a rate', async () => {
    expect(await activityWith(() => page(1, 2, 41.5, 9))).toEqual({
      busy: true,
      requestsRunning: 1,
      requestsWaiting: 2,
      tokensPerS: 41.5
    })
  })
  test('in the midst of a long request there is no rate yet, which is not none', async () => {
    expect(await activityWith((reading) => page(1, 0, 0, 9 + reading))).toMatchObject({
      tokensPerS: 'unknown'
    })
  })
  test('a request that makes no step: no tokens at all', async () => {
    expect(await activityWith(() => page(1, 0, 0, 9))).toMatchObject({ busy: true, tokensPerS: 0 })
  })
  test('a page of rubbish is none', async () => {
    expect(await activityWith(() => 'llamacpp:requests_processing NaN\n\0\0{{{\n')).toBeNull()
  })
})

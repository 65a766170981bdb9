import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { llamaCppAdapter } from '../../../../src/main/runners/adapters/llamacpp/adapter.ts'
import {
  checkExtraArgs,
  LLAMA_SERVER_ENV,
  llamaServerArgs
} from '../../../../src/main/runners/adapters/llamacpp/args.ts'
import { explainLlamaExit } from '../../../../src/main/runners/adapters/llamacpp/explain-exit.ts'
import { findLlamaServer } from '../../../../src/main/runners/adapters/llamacpp/find-binary.ts'
import { probeHealth } from '../../../../src/main/runners/adapters/llamacpp/probe.ts'
import type { PlanContext } from '../../../../src/main/runners/supervisor/adapter.ts'
import { defaultSettings, type Settings } from '../../../../src/shared/settings/schema.ts'
import { makeGguf } from '../../../support/make-gguf.ts'
import { defaultLlamaCppSettings } from '../../../../src/shared/settings/llamacpp-defaults.ts'

describe('arguments', () => {
  test('say everything that upstream would choose too large, and loopback', () => {
    expect(
      llamaServerArgs('/m.gguf', 8080, { ...defaultLlamaCppSettings(), extraArgs: ['--jinja'] }).join(' ')
    ).toBe(
      '-m /m.gguf --host 127.0.0.1 --port 8080 -np 1 -c 8192 --cache-ram 1024 --ctx-checkpoints 4 -ngl 999 --metrics --jinja'
    )
  })
  test('web pages of elsewhere are kept out, by a variable that older builds ignore', () => {
    expect(LLAMA_SERVER_ENV).toEqual({ LLAMA_ARG_CORS_ORIGINS: 'localhost' })
  })
  test('what the supervisor must know cannot be changed behind its back', () => {
    expect(checkExtraArgs(['--port', '1'])).toMatchObject({ code: 'bad-request' })
    expect(checkExtraArgs(['-m', 'x'])).toMatchObject({ code: 'bad-request' })
    expect(checkExtraArgs(['--port=1'])).toMatchObject({ code: 'bad-request' })
    expect(checkExtraArgs(['--temp', '0'])).toBeNull()
  })
  test.each([
    '--host',
    '--api-prefix',
    '--ssl-key-file',
    '--ssl-cert-file',
    '-hf',
    '-hfr',
    '--hf-repo',
    '-mu',
    '--model-url'
  ])('%s is refused with advice, as one word and as two', (option) => {
    for (const args of [[option, 'x'], [`${option}=x`]]) {
      const refused = checkExtraArgs(['--jinja', ...args])
      expect(refused).toMatchObject({ code: 'bad-request' })
      expect(refused?.message).toMatch(/cannot be among the extra arguments\. \w+/)
    }
  })
  test('a projector may come from anywhere', () => {
    expect(checkExtraArgs(['--mmproj-url', 'https://x/y.gguf', '--mmproj', '/p.gguf'])).toBeNull()
  })
})

describe('the program', () => {
  let dir = ''
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'firebreak-find-'))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))
  const put = (folder: string, mode = 0o755): string => {
    mkdirSync(join(dir, folder), { recursive: true })
    const path = join(dir, folder, 'llama-server')
    writeFileSync(path, '')
    chmodSync(path, mode)
    return path
  }

  test('the given one, then PATH, then the usual folders', async () => {
    const built = put('llama.cpp/build/bin')
    expect(await findLlamaServer(['', ''], { HOME: dir, PATH: '/nowhere' })).toEqual({
      ok: true,
      value: built
    })
    const onPath = put('bin')
    const env = { HOME: dir, PATH: `/nowhere:${join(dir, 'bin')}` }
    expect(await findLlamaServer(['', ''], env)).toEqual({ ok: true, value: onPath })
    expect(await findLlamaServer(['', '~/llama.cpp/build/bin/llama-server'], env)).toEqual({
      ok: true,
      value: built
    })
  })
  test('a given one that is wrong is never replaced by another', async () => {
    const env = { HOME: dir, PATH: join(dir, 'bin') }
    put('bin')
    const plain = put('plain', 0o644)
    for (const given of [join(dir, 'no'), dir, plain, 'llama-server']) {
      expect(await findLlamaServer([given], env), given).toMatchObject({
        ok: false,
        error: { code: 'runner-missing' }
      })
    }
  })
  test('none at all: says what to do, and where it looked, without what npm puts there', async () => {
    const PATH =
      '/a:/x/node_modules/.bin:/a:/usr/lib/node_modules/npm/node_modules/@npmcli/run-script/lib/node-gyp-bin:/b'
    const missing = await findLlamaServer(['', ''], { HOME: dir, PATH })
    // A machine may have one in /usr/bin.
    if (missing.ok) return
    expect(missing.error.message).toContain('Install llama.cpp')
    expect(missing.error.detail).not.toContain('node_modules')
    const searched = missing.error.detail?.replace('searched: ', '').split(', ') ?? []
    expect(searched.slice(0, 2)).toEqual(['/a', '/b'])
    expect(new Set(searched).size).toBe(searched.length)
  })
})

describe('a plan', () => {
  const profile = {
    id: 'a',
    label: 'a',
    kind: 'llamacpp' as const,
    modelPath: '/nowhere/a.gguf',
    settings: { ...defaultLlamaCppSettings(), binary: '/nowhere/llama-server' },
    restartOnCrash: true,
    importance: 'normal' as const,
    pinned: false,
    floorBytes: null,
    lan: false,
    container: null
  }
  const context: PlanContext = {
    settings: defaultSettings(),
    env: {},
    firstFreePort: async (from) => from,
    portState: async () => ({ kind: 'free' })
  }

  test('a wrong program and a wrong model are told at once', async () => {
    const planned = await llamaCppAdapter.plan(profile, context)
    expect(planned).toMatchObject({ ok: false, error: { code: 'runner-missing' } })
    if (planned.ok) return
    expect(planned.error.message).toMatch(/There is no program .* And: There is no file \/nowhere\/a\.gguf/)
  })

  test.each([
    [{ kind: 'taken', by: 'python3 (pid 7)' }, 'port-in-use', 'Port 80 is in use by python3 (pid 7).'],
    [{ kind: 'forbidden' }, 'refused', 'ports below 1024 need root']
  ] as const)('a port that is %j', async (state, code, words) => {
    const dir = mkdtempSync(join(tmpdir(), 'firebreak-plan-'))
    const modelPath = makeGguf(join(dir, 'tiny.gguf'))
    const settings = { ...profile.settings, binary: process.execPath, port: 80 }
    const planned = await llamaCppAdapter.plan(
      { ...profile, modelPath, settings },
      { ...context, portState: async () => state }
    )
    rmSync(dir, { recursive: true })
    expect(planned).toMatchObject({ ok: false, error: { code, message: expect.stringContaining(words) } })
  })

  test('a running server is found again by its command line', () => {
    const address = { port: 8081, url: 'http://127.0.0.1:8081' }
    expect(llamaCppAdapter.addressOf(['llama-server', '--port', '8081', '-m', 'x'])).toEqual(address)
    expect(llamaCppAdapter.addressOf(['llama-server', '-m', 'x'])).toBeNull()
    expect(llamaCppAdapter.addressOf(['llama-server', '--port'])).toBeNull()
  })

  test('what is installed: a path, or a problem', async () => {
    const given = (binary: string): Settings => {
      const settings = defaultSettings()
      return { ...settings, llamacpp: { ...settings.llamacpp, binary } }
    }
    expect(await llamaCppAdapter.installed({ settings: given(process.execPath), env: {} })).toEqual({
      path: process.execPath,
      problem: null
    })
    expect(await llamaCppAdapter.installed({ settings: given('/nowhere/x'), env: {} })).toEqual({
      path: null,
      problem: expect.stringContaining('/nowhere/x')
    })
  })
})

describe('why it ended', () => {
  test.each([
    [
      "0.00.007.875 E srv         start: couldn't bind HTTP server socket, hostname: 127.0.0.1, port: 18081\n0.00.007.965 E srv  llama_server: exiting due to HTTP server error",
      'Port 18081 could not be opened'
    ],
    ['error: invalid argument: --frobnicate', 'does not know the argument --frobnicate.'],
    ['error: invalid argument: --api-key=hunter2', 'does not know the argument --api-key.'],
    ['error while handling argument "--port": stoi\n\nusage:', 'does not accept the value of --port (stoi)'],
    [
      "0.00.011.826 E llama_model_load: error loading model: unknown model architecture: 'zzzzz'\n0.00.012.7 E srv  llama_server: exiting due to model loading error",
      "models of the kind 'zzzzz'"
    ],
    [
      "0.00.010.748 E llama_model_load: error loading model: tensor 'blk.0.ffn_down.weight' data is not within the file bounds, model is corrupted or incomplete",
      'damaged or incomplete'
    ],
    [
      'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 9000.00 MiB on device 0: cudaMalloc failed: out of memory',
      'not enough memory'
    ],
    ["terminate called after throwing an instance of 'std::bad_alloc'", 'not enough memory'],
    [
      'llama-server: error while loading shared libraries: libggml.so.0: cannot open shared object file',
      'lacks the library libggml.so.0'
    ],
    [
      '0.01.000.000 E srv  something_new: failed in a new way',
      'It said: srv  something_new: failed in a new way'
    ]
  ])('%s', (log, words) => {
    expect(explainLlamaExit(log)).toContain(words)
  })
  test('a log that says nothing of the kind explains nothing', () => {
    expect(explainLlamaExit('--- start\n0.00.018.177 I srv  llama_server: listening\n')).toBeNull()
    expect(explainLlamaExit('')).toBeNull()
  })
})

describe('readiness', () => {
  let server: Server
  let status = 200
  let url = ''
  beforeEach(async () => {
    server = createServer((_, response) => {
      if (status === 0) return
      response.statusCode = status
      response.end()
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const address = server.address()
    url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  })

  test.each([
    [200, 'ready'],
    [503, 'loading'],
    [404, 'no-answer'],
    [0, 'no-answer']
  ])('%i is %s', async (answer, readiness) => {
    status = answer
    expect(await probeHealth(url, 300)).toBe(readiness)
  })
  test('nobody there', async () => {
    await new Promise((done) => server.close(done))
    expect(await probeHealth(url, 300)).toBe('no-answer')
    server = createServer().listen(0, '127.0.0.1')
  })
})

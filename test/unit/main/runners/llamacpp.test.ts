import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  checkExtraArgs,
  LLAMA_SERVER_ENV,
  llamaServerArgs
} from '../../../../src/main/runners/adapters/llamacpp/args.ts'
import { explainLlamaExit } from '../../../../src/main/runners/adapters/llamacpp/explain-exit.ts'
import { findLlamaServer } from '../../../../src/main/runners/adapters/llamacpp/find-binary.ts'
import { probeHealth } from '../../../../src/main/runners/adapters/llamacpp/probe.ts'
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

  test('the given one, then PATH, then the usual folders', () => {
    const built = put('llama.cpp/build/bin')
    expect(findLlamaServer(['', ''], { HOME: dir, PATH: '/nowhere' })).toEqual({ ok: true, value: built })
    const onPath = put('bin')
    const env = { HOME: dir, PATH: `/nowhere:${join(dir, 'bin')}` }
    expect(findLlamaServer(['', ''], env)).toEqual({ ok: true, value: onPath })
    expect(findLlamaServer(['', '~/llama.cpp/build/bin/llama-server'], env)).toEqual({
      ok: true,
      value: built
    })
  })
  test('a given one that is wrong is never replaced by another', () => {
    const env = { HOME: dir, PATH: join(dir, 'bin') }
    put('bin')
    const plain = put('plain', 0o644)
    for (const given of [join(dir, 'no'), dir, plain, 'llama-server']) {
      expect(findLlamaServer([given], env), given).toMatchObject({
        ok: false,
        error: { code: 'runner-missing' }
      })
    }
  })
  test('none at all: says what to do', () => {
    const missing = findLlamaServer(['', ''], { HOME: dir, PATH: '' })
    if (!missing.ok) expect(missing.error.message).toContain('Install llama.cpp')
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

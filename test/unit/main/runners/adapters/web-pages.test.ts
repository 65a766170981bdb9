import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { comfyUiAdapter } from '../../../../../src/main/runners/adapters/comfyui/adapter.ts'
import {
  createJupyterAdapter,
  jupyterLabAdapter
} from '../../../../../src/main/runners/adapters/jupyterlab/adapter.ts'
import { tokenIn } from '../../../../../src/main/runners/adapters/jupyterlab/token.ts'
import { openWebUiAdapter } from '../../../../../src/main/runners/adapters/open-webui/adapter.ts'
import type { FieldProfile } from '../../../../../src/shared/model/runner.ts'
import {
  CONTAINER,
  makeAdapterBench,
  profileOf,
  TIMEOUT_MS,
  type AdapterBench
} from '../../../../support/adapter-bench.ts'

// Stand-ins answer as the vendors' published APIs say.
let bench: AdapterBench
beforeEach(() => {
  bench = makeAdapterBench()
})
afterEach(() => bench.remove())

describe('ComfyUI', () => {
  test('runs main.py of its folder with the Python of its venv', async () => {
    bench.put('ComfyUI/main.py')
    const python = bench.put('ComfyUI/venv/bin/python')
    const plan = await bench.planned(comfyUiAdapter, profileOf('comfyui', { reserveVramGiB: 16 }))
    expect(plan.file).toBe(python)
    expect(plan.args).toEqual([
      join(bench.home, 'ComfyUI/main.py'),
      '--listen',
      '127.0.0.1',
      '--port',
      '8189',
      '--disable-auto-launch',
      '--highvram',
      '--reserve-vram',
      '16',
      '--disable-mmap',
      '--disable-pinned-memory'
    ])
    expect(plan).toMatchObject({ port: 8189, url: 'http://127.0.0.1:8189', container: null })
  })

  test('in a container it is the main.py of the image, which listens for the host', async () => {
    const plan = await bench.planned(
      comfyUiAdapter,
      profileOf('comfyui', {}, { container: CONTAINER, lan: true })
    )
    expect([plan.file, plan.args[0], plan.args[2]]).toEqual(['python', 'main.py', '0.0.0.0'])
    expect(plan.container).toMatchObject({ containerPort: 8188, hostAddress: '0.0.0.0' })
  })

  test('says what is missing, and is shown all the same', async () => {
    expect(await bench.problem(comfyUiAdapter, profileOf('comfyui'))).toMatch(/runner-missing: .*no folder/)
    mkdirSync(join(bench.home, 'ComfyUI'))
    expect(await bench.problem(comfyUiAdapter, profileOf('comfyui'))).toMatch(/runner-missing: .*no main\.py/)
    expect(await bench.problem(comfyUiAdapter, profileOf('comfyui', { folder: 'x' }))).toMatch(/full path/)
    expect(await comfyUiAdapter.installed(bench.context)).toMatchObject({ path: null })
    expect((await comfyUiAdapter.plan(profileOf('comfyui'), { ...bench.context, isPreview: true })).ok).toBe(
      true
    )
    bench.put('ComfyUI/main.py')
    bench.put('bin/python3')
    const extra = profileOf('comfyui', { extraArgs: ['--port=1'] })
    expect(await bench.problem(comfyUiAdapter, extra)).toMatch(/bad-request/)
  })

  test('is asked for its devices and queue, and how busy it is', async () => {
    const url = await bench.json({
      '/system_stats': { system: { comfyui_version: '0.3.70' }, devices: [{ name: 'cuda:0 NVIDIA GB10' }] },
      '/queue': { queue_running: [[0, 'id', {}, {}, []]], queue_pending: [[1], [2]] }
    })
    expect(await comfyUiAdapter.probe(url, TIMEOUT_MS)).toBe('ready')
    expect(await comfyUiAdapter.prove(url, TIMEOUT_MS, profileOf('comfyui'))).toMatchObject({
      works: true,
      text: expect.stringContaining('0.3.70')
    })
    expect(await comfyUiAdapter.activity(url, TIMEOUT_MS)).toEqual({
      busy: true,
      requestsRunning: 1,
      requestsWaiting: 2,
      tokensPerS: 'not-supported'
    })
  })

  test('is asked to free what it holds, in its own words', async () => {
    const bodies: string[] = []
    const url = await bench.serve((request, response) => {
      request.on('data', (chunk: Buffer) =>
        bodies.push(`${request.method} ${request.url} ${chunk.toString()}`)
      )
      request.on('end', () => response.end())
    })
    expect(await comfyUiAdapter.free?.free(url, TIMEOUT_MS)).toMatchObject({ ok: true })
    expect(bodies).toEqual(['POST /free {"unload_models":true,"free_memory":true}'])
    const refusing = await bench.json({})
    expect(await comfyUiAdapter.free?.free(refusing, TIMEOUT_MS)).toMatchObject({
      ok: false,
      error: { code: 'runner-failed' }
    })
  })
})

describe('Open WebUI', () => {
  test('natively by its own options; data and the address of Ollama by environment', async () => {
    const program = bench.put('bin/open-webui')
    const plan = await bench.planned(
      openWebUiAdapter,
      profileOf('open-webui', { ollamaUrl: 'http://10.0.0.2:11434' })
    )
    expect([plan.file, ...plan.args]).toEqual([program, 'serve', '--host', '127.0.0.1', '--port', '8081'])
    expect(plan.env).toEqual({
      WEBUI_AUTH: 'True',
      OLLAMA_BASE_URL: 'http://10.0.0.2:11434',
      DATA_DIR: join(bench.home, '.local/share/open-webui')
    })
  })

  test("in a container by the image's own start; 127.0.0.1 there is the container", async () => {
    const plan = await bench.planned(openWebUiAdapter, profileOf('open-webui', {}, { container: CONTAINER }))
    expect([plan.file, plan.args]).toEqual(['', []])
    expect(plan.env).toMatchObject({ HOST: '0.0.0.0', PORT: '8080' })
    const wrong = profileOf('open-webui', { ollamaUrl: 'http://127.0.0.1:11434' }, { container: CONTAINER })
    expect(await bench.problem(openWebUiAdapter, wrong)).toMatch(/bad-request: .*the container itself/)
  })

  test.each([
    [{ ollamaUrl: 'ftp://x' }, /begins with http/],
    [{ openAiUrl: 'http://user:secret@x/v1' }, /must not hold a password/],
    [{ extraArgs: ['--host', '0.0.0.0'] }, /Reachable from the network/]
  ])('refuses %o', async (settings, words) => {
    bench.put('bin/open-webui')
    expect(await bench.problem(openWebUiAdapter, profileOf('open-webui', settings))).toMatch(words)
  })

  test('works when health and settings answer', async () => {
    const url = await bench.json({
      '/health': { status: true },
      '/api/config': { status: true, version: '0.6.40' }
    })
    expect(await openWebUiAdapter.prove(url, TIMEOUT_MS, profileOf('open-webui'))).toMatchObject({
      works: true
    })
    const half = await bench.json({ '/health': { status: true } })
    expect(await openWebUiAdapter.prove(half, TIMEOUT_MS, profileOf('open-webui'))).toMatchObject({
      works: false
    })
  })
})

describe('JupyterLab', () => {
  test('never has its token among its arguments', async () => {
    bench.put('bin/jupyter-lab')
    const tokenFile = bench.put('token', 's3cret')
    const plan = await bench.planned(jupyterLabAdapter, profileOf('jupyterlab', { tokenFile: '~/token' }))
    expect(plan.args).toEqual([
      '--no-browser',
      '--ip=127.0.0.1',
      '--port=8889',
      '--ServerApp.port_retries=0',
      `--ServerApp.root_dir=${bench.home}`
    ])
    expect(plan.env).toEqual({ JUPYTER_TOKEN_FILE: tokenFile })
    const lost = profileOf('jupyterlab', { tokenFile: '/nowhere/token' })
    expect(await bench.problem(jupyterLabAdapter, lost)).toMatch(
      /bad-request: There is no file \/nowhere\/token/
    )
    const open = profileOf('jupyterlab', { extraArgs: ['--ServerApp.token='] })
    expect(await bench.problem(jupyterLabAdapter, open)).toMatch(/Other users would see it/)
    expect(await bench.problem(jupyterLabAdapter, profileOf('jupyterlab', { folder: '~/gone' }))).toMatch(
      /no folder/
    )
  })

  test('its kernels are asked for with the token it wrote down, and not without', async () => {
    const asked: string[] = []
    const url = await bench.serve((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x')
      asked.push(pathname)
      response.statusCode = pathname === '/api' || searchParams.get('token') === 't0k' ? 200 : 403
      const pages: Readonly<Record<string, unknown>> = {
        '/api': { version: '2.17.0' },
        '/api/status': { started: 'x', connections: 0, kernels: 2 },
        '/api/kernels': [{ execution_state: 'busy' }, { execution_state: 'idle' }]
      }
      response.end(JSON.stringify(pages[pathname] ?? {}))
    })
    const port = Number(new URL(url).port)
    const folder = join(bench.home, 'runtime')
    bench.put(
      `runtime/jpserver-${process.pid}.json`,
      JSON.stringify({ port, token: 't0k', pid: process.pid })
    )
    bench.put('runtime/jpserver-1.json', 'no json')
    bench.put('runtime/kernel-1.json', '{}')
    const known = createJupyterAdapter((at) => tokenIn(folder, at))
    expect(await known.probe(url, TIMEOUT_MS)).toBe('ready')
    expect(await known.prove(url, TIMEOUT_MS, profileOf('jupyterlab'))).toMatchObject({
      works: true,
      text: expect.stringContaining('2 kernels')
    })
    expect(await known.activity(url, TIMEOUT_MS)).toMatchObject({ busy: true, requestsRunning: 1 })
    const unknown = createJupyterAdapter((at) => tokenIn(join(bench.home, 'gone'), at))
    asked.length = 0
    expect(await unknown.activity(url, TIMEOUT_MS)).toBeNull()
    expect(await unknown.prove(url, TIMEOUT_MS, profileOf('jupyterlab'))).toMatchObject({ works: true })
    expect(asked).toEqual(['/api'])
    const wrong = createJupyterAdapter(async () => 'wrong')
    expect(await wrong.prove(url, TIMEOUT_MS, profileOf('jupyterlab'))).toMatchObject({ works: false })
  })
})

describe('a server that misbehaves', () => {
  const WEB = [comfyUiAdapter, openWebUiAdapter, createJupyterAdapter(async () => 'x')]
  test.each(WEB.map((adapter) => [adapter.kind, adapter] as const))(
    '%s: hangs, lies, or is gone: settled in time, nothing thrown',
    async (kind, adapter) => {
      const hung = await bench.serve(() => {})
      const lying = await bench.serve((_request, response) => response.end('<html>{"devices":'))
      for (const url of [hung, lying, 'http://127.0.0.1:1']) {
        const startedMs = performance.now()
        const profile = profileOf(kind as FieldProfile['kind'])
        expect(await adapter.prove(url, 300, profile)).toMatchObject({ works: false })
        expect(await adapter.activity(url, 300)).toBeNull()
        expect(performance.now() - startedMs, url).toBeLessThan(20_000)
      }
      expect(await adapter.probe(hung, 300)).toBe('no-answer')
    }
  )
})

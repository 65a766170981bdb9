import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { comfyUiAdapter } from '../../../../../src/main/runners/adapters/comfyui/adapter.ts'
import { customAdapter } from '../../../../../src/main/runners/adapters/custom/adapter.ts'
import { fineTuneAdapter } from '../../../../../src/main/runners/adapters/finetune/adapter.ts'
import {
  createJupyterAdapter,
  jupyterLabAdapter
} from '../../../../../src/main/runners/adapters/jupyterlab/adapter.ts'
import { tokenIn } from '../../../../../src/main/runners/adapters/jupyterlab/token.ts'
import { openWebUiAdapter } from '../../../../../src/main/runners/adapters/open-webui/adapter.ts'
import type {
  LaunchPlan,
  PlanContext,
  RunnerAdapter
} from '../../../../../src/main/runners/supervisor/adapter.ts'
import type {
  ContainerSettings,
  FieldProfile,
  FieldSettings
} from '../../../../../src/shared/model/runner.ts'
import { defaultSettings } from '../../../../../src/shared/settings/schema.ts'

const TIMEOUT_MS = 2_000
const CONTAINER: ContainerSettings = {
  image: 'example/image:1',
  gpus: true,
  shmMiB: 64,
  hostIpc: false,
  mounts: [],
  env: ['SECRET_TOKEN=x']
}

let home: string
let context: PlanContext
let servers: Server[] = []

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'firebreak-adapters-'))
  context = {
    settings: defaultSettings(),
    env: { HOME: home, PATH: join(home, 'bin') },
    firstFreePort: async (from) => from + 1,
    portState: async () => ({ kind: 'free' })
  }
})
afterEach(async () => {
  rmSync(home, { recursive: true, force: true })
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
  servers = []
})

function put(path: string, text = '#!/bin/sh\n'): string {
  const whole = join(home, path)
  mkdirSync(dirname(whole), { recursive: true })
  writeFileSync(whole, text)
  chmodSync(whole, 0o755)
  return whole
}
const profileOf = (
  kind: FieldProfile['kind'],
  settings: FieldSettings = {},
  more: Partial<FieldProfile> = {}
): FieldProfile => ({
  id: 'one',
  kind,
  label: 'One',
  modelPath: kind === 'finetune' ? 'owner/model' : '',
  restartOnCrash: false,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null,
  settings,
  ...more
})
async function planned(adapter: RunnerAdapter, profile: FieldProfile): Promise<LaunchPlan> {
  const plan = await adapter.plan(profile, context)
  if (!plan.ok) throw new Error(plan.error.message)
  return plan.value
}
async function problem(adapter: RunnerAdapter, profile: FieldProfile): Promise<string> {
  const plan = await adapter.plan(profile, context)
  return plan.ok ? 'no problem' : `${plan.error.code}: ${plan.error.message}`
}
/** Answers as the vendor's published API says, or in any way a test wants. */
async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const json = (pages: Readonly<Record<string, unknown>>): Promise<string> =>
  serve((request, response) => {
    const page = pages[(request.url ?? '').split('?')[0] ?? '']
    response.statusCode = page === undefined ? 404 : 200
    response.end(JSON.stringify(page ?? {}))
  })

describe('ComfyUI', () => {
  test('runs main.py of its folder with the Python of its venv', async () => {
    put('ComfyUI/main.py')
    const python = put('ComfyUI/venv/bin/python')
    const plan = await planned(comfyUiAdapter, profileOf('comfyui', { reserveVramGiB: 16 }))
    expect(plan.file).toBe(python)
    expect(plan.args).toEqual([
      join(home, 'ComfyUI/main.py'),
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
    const plan = await planned(comfyUiAdapter, profileOf('comfyui', {}, { container: CONTAINER, lan: true }))
    expect([plan.file, plan.args[0], plan.args[2]]).toEqual(['python', 'main.py', '0.0.0.0'])
    expect(plan.container).toMatchObject({ containerPort: 8188, hostAddress: '0.0.0.0' })
  })

  test('says what is missing, and is shown all the same', async () => {
    expect(await problem(comfyUiAdapter, profileOf('comfyui'))).toMatch(/runner-missing: .*no folder/)
    mkdirSync(join(home, 'ComfyUI'))
    expect(await problem(comfyUiAdapter, profileOf('comfyui'))).toMatch(/runner-missing: .*no main\.py/)
    expect(await problem(comfyUiAdapter, profileOf('comfyui', { folder: 'x' }))).toMatch(/full path/)
    expect(await comfyUiAdapter.installed(context)).toMatchObject({ path: null })
    expect((await comfyUiAdapter.plan(profileOf('comfyui'), { ...context, isPreview: true })).ok).toBe(true)
    put('ComfyUI/main.py')
    put('bin/python3')
    const extra = profileOf('comfyui', { extraArgs: ['--port=1'] })
    expect(await problem(comfyUiAdapter, extra)).toMatch(/bad-request/)
  })

  test('is asked for its devices and queue, and how busy it is', async () => {
    const url = await json({
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
    const url = await serve((request, response) => {
      request.on('data', (chunk: Buffer) =>
        bodies.push(`${request.method} ${request.url} ${chunk.toString()}`)
      )
      request.on('end', () => response.end())
    })
    expect(await comfyUiAdapter.free?.free(url, TIMEOUT_MS)).toMatchObject({ ok: true })
    expect(bodies).toEqual(['POST /free {"unload_models":true,"free_memory":true}'])
    const refusing = await json({})
    expect(await comfyUiAdapter.free?.free(refusing, TIMEOUT_MS)).toMatchObject({
      ok: false,
      error: { code: 'runner-failed' }
    })
  })
})

describe('Open WebUI', () => {
  test('natively by its own options; data and the address of Ollama by environment', async () => {
    const program = put('bin/open-webui')
    const plan = await planned(
      openWebUiAdapter,
      profileOf('open-webui', { ollamaUrl: 'http://10.0.0.2:11434' })
    )
    expect([plan.file, ...plan.args]).toEqual([program, 'serve', '--host', '127.0.0.1', '--port', '8081'])
    expect(plan.env).toEqual({
      WEBUI_AUTH: 'True',
      OLLAMA_BASE_URL: 'http://10.0.0.2:11434',
      DATA_DIR: join(home, '.local/share/open-webui')
    })
  })

  test("in a container by the image's own start; 127.0.0.1 there is the container", async () => {
    const plan = await planned(openWebUiAdapter, profileOf('open-webui', {}, { container: CONTAINER }))
    expect([plan.file, plan.args]).toEqual(['', []])
    expect(plan.env).toMatchObject({ HOST: '0.0.0.0', PORT: '8080' })
    const wrong = profileOf('open-webui', { ollamaUrl: 'http://127.0.0.1:11434' }, { container: CONTAINER })
    expect(await problem(openWebUiAdapter, wrong)).toMatch(/bad-request: .*the container itself/)
  })

  test.each([
    [{ ollamaUrl: 'ftp://x' }, /begins with http/],
    [{ openAiUrl: 'http://user:secret@x/v1' }, /must not hold a password/],
    [{ extraArgs: ['--host', '0.0.0.0'] }, /Reachable from the network/]
  ])('refuses %o', async (settings, words) => {
    put('bin/open-webui')
    expect(await problem(openWebUiAdapter, profileOf('open-webui', settings))).toMatch(words)
  })

  test('works when health and settings answer', async () => {
    const url = await json({
      '/health': { status: true },
      '/api/config': { status: true, version: '0.6.40' }
    })
    expect(await openWebUiAdapter.prove(url, TIMEOUT_MS, profileOf('open-webui'))).toMatchObject({
      works: true
    })
    const half = await json({ '/health': { status: true } })
    expect(await openWebUiAdapter.prove(half, TIMEOUT_MS, profileOf('open-webui'))).toMatchObject({
      works: false
    })
  })
})

describe('JupyterLab', () => {
  test('never has its token among its arguments', async () => {
    put('bin/jupyter-lab')
    const tokenFile = put('token', 's3cret')
    const plan = await planned(jupyterLabAdapter, profileOf('jupyterlab', { tokenFile: '~/token' }))
    expect(plan.args).toEqual([
      '--no-browser',
      '--ip=127.0.0.1',
      '--port=8889',
      '--ServerApp.port_retries=0',
      `--ServerApp.root_dir=${home}`
    ])
    expect(plan.env).toEqual({ JUPYTER_TOKEN_FILE: tokenFile })
    const lost = profileOf('jupyterlab', { tokenFile: '/nowhere/token' })
    expect(await problem(jupyterLabAdapter, lost)).toMatch(/bad-request: There is no file \/nowhere\/token/)
    const open = profileOf('jupyterlab', { extraArgs: ['--ServerApp.token='] })
    expect(await problem(jupyterLabAdapter, open)).toMatch(/Other users would see it/)
    expect(await problem(jupyterLabAdapter, profileOf('jupyterlab', { folder: '~/gone' }))).toMatch(
      /no folder/
    )
  })

  test('its kernels are asked for with the token it wrote down, and not without', async () => {
    const asked: string[] = []
    const url = await serve((request, response) => {
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
    const folder = join(home, 'runtime')
    put(`runtime/jpserver-${process.pid}.json`, JSON.stringify({ port, token: 't0k', pid: process.pid }))
    put('runtime/jpserver-1.json', 'no json')
    put('runtime/kernel-1.json', '{}')
    const known = createJupyterAdapter((at) => tokenIn(folder, at))
    expect(await known.probe(url, TIMEOUT_MS)).toBe('ready')
    expect(await known.prove(url, TIMEOUT_MS, profileOf('jupyterlab'))).toMatchObject({
      works: true,
      text: expect.stringContaining('2 kernels')
    })
    expect(await known.activity(url, TIMEOUT_MS)).toMatchObject({ busy: true, requestsRunning: 1 })
    const unknown = createJupyterAdapter((at) => tokenIn(join(home, 'gone'), at))
    asked.length = 0
    expect(await unknown.activity(url, TIMEOUT_MS)).toBeNull()
    expect(await unknown.prove(url, TIMEOUT_MS, profileOf('jupyterlab'))).toMatchObject({ works: true })
    expect(asked).toEqual(['/api'])
    const wrong = createJupyterAdapter(async () => 'wrong')
    expect(await wrong.prove(url, TIMEOUT_MS, profileOf('jupyterlab'))).toMatchObject({ works: false })
  })
})

describe('a custom command', () => {
  test('a server: its port in place of {port}, ready at its page', async () => {
    const program = put('bin/serve')
    const settings = {
      command: ['serve', '--port={port}'],
      readyPath: '/health',
      env: ['A=b=c'],
      folder: '~'
    }
    const plan = await planned(customAdapter, profileOf('custom', settings))
    expect([plan.file, ...plan.args]).toEqual(['env', `--chdir=${home}`, program, '--port=8001'])
    expect(plan.env).toEqual({ A: 'b=c', PORT: '8001', HOST: '127.0.0.1' })
    expect(plan.url).toBe('http://127.0.0.1:8001/health')
  })

  test('a job: no port, and no shell', async () => {
    const program = put('bin/job')
    const settings = { command: ['job', '; rm -rf $HOME', '`x`'], ready: 'running' }
    const plan = await planned(customAdapter, profileOf('custom', settings))
    expect(plan).toMatchObject({ file: program, args: ['; rm -rf $HOME', '`x`'], port: 0, url: '' })
    expect(await customAdapter.prove('', TIMEOUT_MS, profileOf('custom'))).toMatchObject({ works: true })
  })

  test("in a container without a command it is the image's own", async () => {
    const plan = await planned(customAdapter, profileOf('custom', { port: 9000 }, { container: CONTAINER }))
    expect(plan).toMatchObject({ file: '', port: 9000, container: { containerPort: 9000 } })
    expect(plan.env).toMatchObject({ SECRET_TOKEN: 'x', PORT: '9000', HOST: '0.0.0.0' })
  })

  test.each([
    [{}, /runner-missing: .*no command/],
    [{ command: ['nowhere'] }, /runner-missing: nowhere was not found/],
    [{ command: ['/nowhere/x'] }, /runner-missing/],
    [{ command: ['./x'], folder: '~/gone' }, /bad-request: .*no folder/],
    [{ command: ['/bin/sh'], readyPath: 'http://elsewhere/' }, /begins with '\/'/]
  ])('says what is wrong with %o', async (settings, words) => {
    expect(await problem(customAdapter, profileOf('custom', settings))).toMatch(words)
  })

  test('is ready when its port accepts, or its page says 200', async () => {
    const url = await serve((request, response) => {
      response.statusCode = request.url === '/ok' ? 200 : 503
      response.end()
    })
    expect(await customAdapter.probe(url, TIMEOUT_MS)).toBe('ready')
    expect(await customAdapter.probe(`${url}/ok`, TIMEOUT_MS)).toBe('ready')
    expect(await customAdapter.probe(`${url}/not-yet`, TIMEOUT_MS)).toBe('loading')
    expect(await customAdapter.probe('http://127.0.0.1:1', TIMEOUT_MS)).toBe('no-answer')
    expect(await customAdapter.probe('http://127.0.0.1:1/ok', TIMEOUT_MS)).toBe('no-answer')
  })
})

describe('a fine-tuning job', () => {
  test('the script with its arguments, in its folder, with the Python of its venv', async () => {
    put('train/tune.py')
    const python = put('train/.venv/bin/python3')
    const settings = {
      script: 'tune.py',
      folder: '~/train',
      outputDir: '~/out',
      extraArgs: ['--model', '{model}', '--output_dir={output}'],
      resume: true
    }
    const plan = await planned(fineTuneAdapter, profileOf('finetune', settings))
    expect([plan.file, ...plan.args]).toEqual([
      'env',
      `--chdir=${join(home, 'train')}`,
      python,
      'tune.py',
      '--model',
      'owner/model',
      `--output_dir=${join(home, 'out')}`
    ])
    mkdirSync(join(home, 'out/checkpoint-40'), { recursive: true })
    expect((await planned(fineTuneAdapter, profileOf('finetune', settings))).args.slice(-2)).toEqual([
      '--resume_from_checkpoint',
      join(home, 'out/checkpoint-40')
    ])
  })

  test('in a container it goes on from the checkpoint as the container sees it', async () => {
    mkdirSync(join(home, 'results/run/checkpoint-7'), { recursive: true })
    const mounts = [{ hostPath: '~/results', containerPath: '/results', readOnly: false }]
    const plan = await planned(
      fineTuneAdapter,
      profileOf(
        'finetune',
        { script: 'sft.py', launcher: 'torchrun', folder: '/w', outputDir: '/results/run', resume: true },
        { container: { ...CONTAINER, mounts } }
      )
    )
    expect([plan.file, ...plan.args]).toEqual([
      'env',
      '--chdir=/w',
      'torchrun',
      'sft.py',
      '--resume_from_checkpoint',
      '/results/run/checkpoint-7'
    ])
    expect(plan).toMatchObject({ port: 0, url: '', container: { containerPort: 0, gpus: true } })
  })

  test.each([
    [{ script: 'gone.py' }, {}, /runner-missing: There is no training script .*gone\.py/],
    [{}, {}, /runner-missing: .*no script/],
    [{ script: 'x.py' }, { modelPath: '' }, /model-missing/],
    [
      { script: 'x.py' },
      { modelPath: '/nowhere/model' },
      /model-missing: There is no base model at \/nowhere/
    ],
    [{ script: 'x.py', folder: '/nowhere' }, {}, /bad-request/],
    [{ script: 'nowhere', launcher: 'program' }, {}, /runner-missing: nowhere was not found/]
  ])('says what is wrong with %o %o', async (settings, more, words) => {
    expect(await problem(fineTuneAdapter, profileOf('finetune', settings, more))).toMatch(words)
  })

  test('is ready from its start and busy to its end', async () => {
    expect(await fineTuneAdapter.probe('', TIMEOUT_MS)).toBe('ready')
    expect(await fineTuneAdapter.activity('', TIMEOUT_MS)).toMatchObject({ busy: true })
    expect(fineTuneAdapter.free).toBeNull()
  })
})

describe('recognises', () => {
  const at = (port: number): object => ({ port, url: `http://127.0.0.1:${port}` })
  test.each([
    [comfyUiAdapter, 'python /home/u/ComfyUI/main.py', at(8188)],
    [comfyUiAdapter, '/home/u/venv/bin/python main.py --listen 0.0.0.0 --port 8190', at(8190)],
    [comfyUiAdapter, 'python main.py --epochs 3', null],
    [openWebUiAdapter, '/usr/bin/python3 /usr/local/bin/open-webui serve --port 12000', at(12_000)],
    [openWebUiAdapter, 'python3 -m uvicorn open_webui.main:app --host 0.0.0.0 --port 8080', at(8080)],
    [openWebUiAdapter, 'python3 -m uvicorn other.main:app --port 8080', null],
    [jupyterLabAdapter, '/usr/bin/python3 /usr/bin/jupyter-lab --port=9001', at(9001)],
    [jupyterLabAdapter, 'jupyter lab --no-browser', at(8888)],
    [jupyterLabAdapter, 'python3 -m ipykernel_launcher -f /run/kernel.json', null],
    [
      fineTuneAdapter,
      'python train_dreambooth_lora_flux.py --pretrained_model_name_or_path o/m',
      { model: 'o/m' }
    ],
    [fineTuneAdapter, 'python Llama3_8B_LoRA_finetuning.py', { model: null, port: null }],
    [fineTuneAdapter, 'torchrun --nproc_per_node 1 run_sft.py --model_name o/m', { model: 'o/m' }],
    [fineTuneAdapter, 'accelerate launch -m axolotl.cli.train config.yml', null],
    [fineTuneAdapter, 'axolotl train config.yml', { model: null }],
    [fineTuneAdapter, 'tune run lora_finetune_single_device --config x', { model: null }],
    [fineTuneAdapter, 'python serve.py', null],
    [fineTuneAdapter, 'python constraints.py', null],
    [customAdapter, 'anything at all', null]
  ] as const)('%#: %s', (adapter, line, expected) => {
    const found = adapter.recognise(line.split(' '))
    if (expected === null) expect(found).toBeNull()
    else expect(found).toMatchObject(expected)
  })
})

describe('explains its end', () => {
  test.each([
    [comfyUiAdapter, 'torch.OutOfMemoryError: CUDA out of memory.', /not enough memory/],
    [comfyUiAdapter, "ModuleNotFoundError: No module named 'torchsde'", /module torchsde/],
    [comfyUiAdapter, 'main.py: error: unrecognized arguments: --disable-pinned-memory', /too old/],
    [
      jupyterLabAdapter,
      '[C ServerApp] Running as root is not recommended. Use --allow-root to bypass.',
      /--allow-root/
    ],
    [fineTuneAdapter, 'huggingface_hub.errors.GatedRepoError: 403 Client Error.', /licence/],
    [fineTuneAdapter, 'FloatingPointError: loss is nan', /no number/],
    [fineTuneAdapter, "ValueError: Can't find a valid checkpoint at out/checkpoint-5", /no whole checkpoint/],
    [customAdapter, 'all is well\n', null]
  ])('%#', (adapter, log, words) => {
    const said = adapter.explainExit(log)
    if (words === null) expect(said).toBeNull()
    else expect(said).toMatch(words)
  })
})

describe('a server that misbehaves', () => {
  const WEB = [comfyUiAdapter, openWebUiAdapter, createJupyterAdapter(async () => 'x')]
  test.each(WEB.map((adapter) => [adapter.kind, adapter] as const))(
    '%s: hangs, lies, or is gone: settled in time, nothing thrown',
    async (kind, adapter) => {
      const hung = await serve(() => {})
      const lying = await serve((_request, response) => response.end('<html>{"devices":'))
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

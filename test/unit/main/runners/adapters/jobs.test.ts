import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { comfyUiAdapter } from '../../../../../src/main/runners/adapters/comfyui/adapter.ts'
import { customAdapter } from '../../../../../src/main/runners/adapters/custom/adapter.ts'
import { fineTuneAdapter } from '../../../../../src/main/runners/adapters/finetune/adapter.ts'
import { jupyterLabAdapter } from '../../../../../src/main/runners/adapters/jupyterlab/adapter.ts'
import { openWebUiAdapter } from '../../../../../src/main/runners/adapters/open-webui/adapter.ts'
import {
  CONTAINER,
  makeAdapterBench,
  profileOf,
  TIMEOUT_MS,
  type AdapterBench
} from '../../../../support/adapter-bench.ts'

let bench: AdapterBench
beforeEach(() => {
  bench = makeAdapterBench()
})
afterEach(() => bench.remove())

describe('a custom command', () => {
  test('a server: its port in place of {port}, ready at its page', async () => {
    const program = bench.put('bin/serve')
    const settings = {
      command: ['serve', '--port={port}'],
      readyPath: '/health',
      env: ['A=b=c'],
      folder: '~'
    }
    const plan = await bench.planned(customAdapter, profileOf('custom', settings))
    expect([plan.file, ...plan.args]).toEqual(['env', `--chdir=${bench.home}`, program, '--port=8001'])
    expect(plan.env).toEqual({ A: 'b=c', PORT: '8001', HOST: '127.0.0.1' })
    expect(plan.url).toBe('http://127.0.0.1:8001/health')
  })

  test('a job: no port, and no shell', async () => {
    const program = bench.put('bin/job')
    const settings = { command: ['job', '; rm -rf $HOME', '`x`'], ready: 'running' }
    const plan = await bench.planned(customAdapter, profileOf('custom', settings))
    expect(plan).toMatchObject({ file: program, args: ['; rm -rf $HOME', '`x`'], port: 0, url: '' })
    expect(await customAdapter.prove('', TIMEOUT_MS, profileOf('custom'))).toMatchObject({ works: true })
  })

  test("in a container without a command it is the image's own", async () => {
    const plan = await bench.planned(
      customAdapter,
      profileOf('custom', { port: 9000 }, { container: CONTAINER })
    )
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
    expect(await bench.problem(customAdapter, profileOf('custom', settings))).toMatch(words)
  })

  test('is ready when its port accepts, or its page says 200', async () => {
    const url = await bench.serve((request, response) => {
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
    bench.put('train/tune.py')
    const python = bench.put('train/.venv/bin/python3')
    const settings = {
      script: 'tune.py',
      folder: '~/train',
      outputDir: '~/out',
      extraArgs: ['--model', '{model}', '--output_dir={output}'],
      resume: true
    }
    const plan = await bench.planned(fineTuneAdapter, profileOf('finetune', settings))
    expect([plan.file, ...plan.args]).toEqual([
      'env',
      `--chdir=${join(bench.home, 'train')}`,
      python,
      'tune.py',
      '--model',
      'owner/model',
      `--output_dir=${join(bench.home, 'out')}`
    ])
    mkdirSync(join(bench.home, 'out/checkpoint-40'), { recursive: true })
    expect((await bench.planned(fineTuneAdapter, profileOf('finetune', settings))).args.slice(-2)).toEqual([
      '--resume_from_checkpoint',
      join(bench.home, 'out/checkpoint-40')
    ])
  })

  test('in a container it goes on from the checkpoint as the container sees it', async () => {
    mkdirSync(join(bench.home, 'results/run/checkpoint-7'), { recursive: true })
    const mounts = [{ hostPath: '~/results', containerPath: '/results', readOnly: false }]
    const plan = await bench.planned(
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
    expect(await bench.problem(fineTuneAdapter, profileOf('finetune', settings, more))).toMatch(words)
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

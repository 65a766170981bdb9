import { describe, expect, it } from 'vitest'
import { draftOf, type DraftInput } from '../../../../../src/main/runners/discovery/profile-draft.ts'
import { profileSchema } from '../../../../../src/shared/contract/schemas.ts'

const draft = (commandLine: string, changes: Partial<DraftInput> = {}): ReturnType<typeof draftOf> =>
  draftOf({
    found: { kind: 'llamacpp', label: 'a', model: 'a.gguf', port: 8080 },
    commandLine: commandLine.split(' '),
    workingDir: '/home/u',
    program: '/opt/llama-server',
    container: null,
    restartsByItself: false,
    ...changes
  })

describe('a profile from llama-server’s command line', () => {
  it('takes its settings out of the options, everything else goes along', () => {
    expect(
      draft(
        'llama-server -m models/a.gguf -c 4096 -np 2 -ngl 99 --cache-ram 256 --ctx-checkpoints 3 --port 8123 ' +
          '--host 127.0.0.1 --metrics --jinja -b -1 --temp=0.5',
        { found: { kind: 'llamacpp', label: 'a', model: 'models/a.gguf', port: 8123 } }
      )
    ).toEqual({
      kind: 'llamacpp',
      label: 'a',
      modelPath: '/home/u/models/a.gguf',
      settings: {
        contextTokens: 4096,
        parallelSlots: 2,
        gpuLayers: -1,
        promptCacheMiB: 256,
        contextCheckpoints: 3,
        port: 8123,
        binary: '/opt/llama-server',
        extraArgs: ['--jinja', '-b', '-1', '--temp=0.5']
      },
      restartOnCrash: true,
      importance: 'normal',
      pinned: false,
      floorBytes: null,
      lan: false,
      container: null
    })
  })

  it('keeps an open address, and leaves a port that was not written to chance', () => {
    expect(draft('llama-server -m a.gguf --host 0.0.0.0')).toMatchObject({ lan: true, settings: { port: 0 } })
    expect(draft('llama-server -m a.gguf --host ::1')).toMatchObject({ lan: false })
  })

  it.each([
    ['-c 99999999999', ['-c', '99999999999']],
    ['-np 0', ['-np', '0']],
    ['--cache-ram -1', ['--cache-ram', '-1']],
    ['-c many', ['-c', 'many']]
  ])('%s is out of bounds and stays as it was written', (option, extraArgs) => {
    expect(draft(`llama-server -m a.gguf ${option}`)).toMatchObject({ settings: { extraArgs } })
  })

  it('in a container: the model’s place on this machine, the program’s inside', () => {
    const container = {
      image: 'x:1',
      gpus: true,
      shmMiB: 0,
      hostIpc: false,
      mounts: [{ hostPath: '/data/models', containerPath: '/models', readOnly: true }],
      env: []
    }
    const found = { kind: 'llamacpp', label: 'a', model: '/models/sub/a.gguf', port: 8080 } as const
    const made = draft('/usr/bin/llama-server -m /models/sub/a.gguf --host 0.0.0.0', { found, container })
    expect(made).toMatchObject({
      modelPath: '/data/models/sub/a.gguf',
      lan: false,
      container,
      settings: { binary: '/usr/bin/llama-server' }
    })
  })

  it('leaves the restart to systemd where that does it', () => {
    expect(draft('llama-server -m a.gguf', { restartsByItself: true })).toMatchObject({
      restartOnCrash: false
    })
  })
})

describe('a profile from another runner’s command line', () => {
  it.each([
    [
      'vllm',
      'openai/gpt-oss-120b',
      '/venv/bin/python3 /venv/bin/vllm serve openai/gpt-oss-120b --gpu-memory-utilization 0.5 --max-model-len 8192 --port 8001 --foo bar --enforce-eager'
    ],
    [
      'sglang',
      'Qwen/Qwen3-8B',
      'python3 -m sglang.launch_server --model-path Qwen/Qwen3-8B --mem-fraction-static 0.75 --tp 1'
    ],
    ['comfyui', null, '/venv/bin/python main.py --listen 0.0.0.0 --disable-mmap'],
    ['jupyterlab', null, '/usr/bin/python3 /usr/bin/jupyter-lab --port=8890 --no-browser'],
    ['nim', null, '/opt/nim/start_server.sh'],
    ['finetune', 'x/y', 'python train.py --lr 1'],
    ['custom', null, './server --anything']
  ] as const)('%s: what comes out is a profile', (kind, model, commandLine) => {
    const made = draft(commandLine, { found: { kind, label: 'a', model, port: 8001 } })
    expect(profileSchema.safeParse({ ...made, id: 'a' }).error?.issues).toBeUndefined()
    expect(made).toMatchObject({ kind, modelPath: model ?? '' })
  })

  it('options go to the settings of their name, the rest to the extra arguments', () => {
    const made = draft(
      '/venv/bin/python3 /venv/bin/vllm serve openai/gpt-oss-120b --gpu-memory-utilization 0.5 --max-model-len 8192 ' +
        '--port 8001 --foo bar --gpu-memory-utilization 7',
      { found: { kind: 'vllm', label: 'a', model: 'openai/gpt-oss-120b', port: 8001 } }
    )
    expect(made.settings).toMatchObject({
      gpuMemoryUtilization: 0.5,
      maxModelLen: 8192,
      port: 8001,
      binary: '/venv/bin/vllm',
      extraArgs: ['--foo', 'bar', '--gpu-memory-utilization', '7']
    })
  })
})

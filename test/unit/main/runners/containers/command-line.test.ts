import { describe, expect, test } from 'vitest'
import { containerCommandLine } from '../../../../../src/main/runners/containers/command-line.ts'
import { createBody } from '../../../../../src/main/runners/containers/create-body.ts'
import { startFault } from '../../../../../src/main/runners/containers/start-faults.ts'
import type { ContainerPlan, LaunchPlan } from '../../../../../src/main/runners/supervisor/adapter.ts'
import { redactArgs } from '../../../../../src/main/runners/supervisor/redact.ts'

const AROUND: ContainerPlan = {
  image: 'nvcr.io/nvidia/vllm:26.05-py3',
  gpus: true,
  shmBytes: 16 * 1024 ** 3,
  hostIpc: true,
  mounts: [{ hostPath: '~/.cache/huggingface', containerPath: '/root/.cache/huggingface', readOnly: false }],
  containerPort: 8000,
  hostAddress: '127.0.0.1'
}
const planOf = (around: Partial<ContainerPlan> = {}, more: Partial<LaunchPlan> = {}): LaunchPlan => ({
  file: 'vllm',
  args: ['serve', 'openai/gpt-oss-120b', '--max-num-seqs', '4'],
  container: { ...AROUND, ...around },
  env: { HF_TOKEN: 'hunter2' },
  port: 8123,
  url: 'http://127.0.0.1:8123',
  modelBytes: null,
  ...more
})

describe('the command line that does the same', () => {
  test('every option, one item each', () => {
    const line =
      'docker run --detach --name firebreak-x --gpus all --shm-size 17179869184 --ipc host ' +
      '--publish 127.0.0.1:8123:8000 ' +
      '--mount type=bind,source=/home/u/.cache/huggingface,target=/root/.cache/huggingface ' +
      '--env HF_TOKEN=hunter2 --oom-score-adj 1000 ' +
      '--log-driver json-file --log-opt max-size=10m --log-opt max-file=2 ' +
      '--entrypoint vllm nvcr.io/nvidia/vllm:26.05-py3 serve openai/gpt-oss-120b --max-num-seqs 4'
    expect(containerCommandLine(planOf(), 'firebreak-x', 'docker', '/home/u')).toEqual(line.split(' '))
  })

  test('what is not asked for is not in it', () => {
    const plain = planOf(
      { gpus: false, shmBytes: 0, hostIpc: false, mounts: [] },
      { file: '', args: [], env: {} }
    )
    const line = containerCommandLine(plain, 'firebreak-x').join(' ')
    expect(line).not.toMatch(/--gpus|--shm-size|--ipc|--mount|--env|--entrypoint/)
    expect(line.endsWith(' nvcr.io/nvidia/vllm:26.05-py3')).toBe(true)
  })

  test('a job that listens nowhere has no port published', () => {
    const job = planOf({ containerPort: 0 }, { port: 0, url: '' })
    expect(containerCommandLine(job, 'x')).not.toContain('--publish')
    const body = createBody({ id: 'x', mark: 'm', plan: job, env: {}, engine: 'docker', homeDir: '/' })
    expect(JSON.stringify(body)).not.toMatch(/PortBindings|ExposedPorts/)
  })

  test('Podman is given GPUs in its own way', () => {
    const line = containerCommandLine(planOf(), 'x', 'podman')
    expect(line.slice(0, 7)).toEqual([
      'podman',
      'run',
      '--detach',
      '--name',
      'x',
      '--device',
      'nvidia.com/gpu=all'
    ])
  })

  test('a path with a comma or a quote stays one field', () => {
    const mounts = [{ hostPath: '/a,b"c', containerPath: '/m', readOnly: true }]
    expect(containerCommandLine(planOf({ mounts }), 'x')).toContain(
      'type=bind,"source=/a,b""c",target=/m,readonly'
    )
  })

  test('secrets of the environment are hidden where it is shown', () => {
    expect(redactArgs(containerCommandLine(planOf(), 'x')).join(' ')).not.toContain('hunter2')
  })
})

describe('what the engine is asked for', () => {
  const bodyOf = (plan: LaunchPlan, engine: 'docker' | 'podman' = 'docker'): Record<string, unknown> =>
    createBody({ id: 'x', mark: 'x:1:2', plan, env: plan.env, engine, homeDir: '/home/u' })

  test('says the same as the command line', () => {
    expect(bodyOf(planOf())).toEqual({
      Image: 'nvcr.io/nvidia/vllm:26.05-py3',
      Entrypoint: ['vllm'],
      Cmd: ['serve', 'openai/gpt-oss-120b', '--max-num-seqs', '4'],
      Env: ['HF_TOKEN=hunter2'],
      Labels: {
        'io.github.firebreak_panel.runner': 'x',
        'io.github.firebreak_panel.mark': 'x:1:2'
      },
      ExposedPorts: { '8000/tcp': {} },
      HostConfig: {
        PortBindings: { '8000/tcp': [{ HostIp: '127.0.0.1', HostPort: '8123' }] },
        OomScoreAdj: 1000,
        RestartPolicy: { Name: 'no' },
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '2' } },
        Mounts: [
          {
            Type: 'bind',
            Source: '/home/u/.cache/huggingface',
            Target: '/root/.cache/huggingface',
            ReadOnly: false
          }
        ],
        ShmSize: 17_179_869_184,
        IpcMode: 'host',
        DeviceRequests: [{ Driver: '', Count: -1, Capabilities: [['gpu']] }]
      }
    })
  })

  test('is published to others only where the plan says so', () => {
    const body = JSON.stringify(bodyOf(planOf({ hostAddress: '0.0.0.0' })))
    expect(body).toContain('"HostIp":"0.0.0.0"')
    expect(JSON.stringify(bodyOf(planOf()))).not.toContain('0.0.0.0')
  })

  test('an argument is never read by a shell', () => {
    const args = ['; rm -rf /', '$(id)', 'a b']
    expect(bodyOf(planOf({}, { args }))['Cmd']).toEqual(args)
  })

  test('the image’s own command is left alone', () => {
    const body = bodyOf(planOf({}, { file: '', args: [] }))
    expect(body).not.toHaveProperty('Entrypoint')
    expect(body).not.toHaveProperty('Cmd')
  })

  test('Podman names GPUs by the container device interface', () => {
    expect(bodyOf(planOf(), 'podman')['HostConfig']).toMatchObject({
      Devices: [{ PathOnHost: 'nvidia.com/gpu=all', PathInContainer: '', CgroupPermissions: '' }]
    })
  })
})

describe('why a container did not start', () => {
  test.each([
    [
      'could not select device driver "" with capabilities: [[gpu]]',
      'runner-missing',
      'nvidia-container-toolkit'
    ],
    ['container create: stat nvidia.com/gpu=all: no such file or directory', 'runner-missing', '5 or newer'],
    ['unresolvable CDI devices nvidia.com/gpu=all', 'runner-missing', 'nvidia-ctk cdi generate'],
    ['Bind for 127.0.0.1:8123 failed: port is already allocated', 'port-in-use', 'Port 8123 is taken'],
    ['exec: "vllm": executable file not found in $PATH', 'runner-missing', 'There is no program vllm'],
    ['write /x: no space left on device', 'runner-failed', 'disk of the container engine is full'],
    ['something new', 'runner-failed', 'could not be started: something new.']
  ])('%s', (text, code, words) => {
    const fault = startFault({ kind: 'refused', status: 500, text }, planOf())
    expect(fault.code).toBe(code)
    expect(fault.message).toContain(words)
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ADAPTERS } from '../../../../../src/main/runners/adapters/registry.ts'
import type { RunnerKind } from '../../../../../src/shared/model/runner.ts'
import { CONTAINER, makeConformanceHome, valueOf, type ConformanceHome } from '../conformance/subjects.ts'

let home: ConformanceHome
beforeAll(() => {
  home = makeConformanceHome()
})
afterAll(() => home.remove())

const argsOf = async (
  kind: RunnerKind,
  settings: Readonly<Record<string, unknown>> = {},
  changes: object = {}
): Promise<string> => {
  const plan = valueOf(await home.plan(kind, home.profile(kind, { settings, ...changes })))
  return plan.args.join(' ')
}

describe('command lines', () => {
  test('vLLM says its share of memory and few requests at once, whatever its own choice would be', async () => {
    expect(await argsOf('vllm')).toBe(
      'serve owner/model-7B.Q4 --host 127.0.0.1 --port 21999 --gpu-memory-utilization 0.4 --max-num-seqs 4'
    )
    const settings = {
      maxModelLen: 8192,
      kvCacheDtype: 'fp8',
      kvCacheMemoryMiB: 1024,
      loadFormat: 'fastsafetensors',
      enforceEager: true,
      extraArgs: ['--reasoning-parser', 'openai_gptoss']
    }
    expect(await argsOf('vllm', settings)).toContain(
      '--max-model-len 8192 --max-num-seqs 4 --kv-cache-dtype fp8 --kv-cache-memory-bytes 1073741824 ' +
        '--load-format fastsafetensors --enforce-eager --reasoning-parser openai_gptoss'
    )
  })
  test('vLLM sleeps only where it is told to, and never for a network', async () => {
    const profile = home.profile('vllm', { settings: { enableSleepMode: true } })
    const plan = valueOf(await home.plan('vllm', profile))
    expect(plan.args).toContain('--enable-sleep-mode')
    expect(plan.env).toEqual({ VLLM_SERVER_DEV_MODE: '1', RAY_memory_monitor_refresh_ms: '0' })
    const awake = valueOf(await home.plan('vllm', home.profile('vllm')))
    expect(awake.env).not.toHaveProperty('VLLM_SERVER_DEV_MODE')
    expect(await home.plan('vllm', { ...profile, lan: true })).toMatchObject({ error: { code: 'refused' } })
  })
  test('SGLang always shows its metrics; a Python as program runs its module', async () => {
    expect(await argsOf('sglang')).toBe(
      'serve --model-path owner/model-7B.Q4 --host 127.0.0.1 --port 21999 --enable-metrics ' +
        '--mem-fraction-static 0.5 --max-running-requests 8'
    )
    const python = home.context().env['PATH'] ?? ''
    writeFileSync(join(python, 'python3.12'), '#!/bin/sh\n', { mode: 0o755 })
    expect(await argsOf('sglang', { binary: join(python, 'python3.12') })).toMatch(
      /^-m sglang\.launch_server --model-path /
    )
    expect(await argsOf('sglang', {}, { container: CONTAINER })).toMatch(
      /^-m sglang\.launch_server .* --host 0\.0\.0\.0 --port 30000 /
    )
  })
  test('TensorRT-LLM', async () => {
    expect(await argsOf('trtllm', { maxSeqLen: 4096, optionsFile: '/x/o.yaml' })).toBe(
      'owner/model-7B.Q4 --host 127.0.0.1 --port 21999 --kv_cache_free_gpu_memory_fraction 0.5 --max_seq_len 4096 ' +
        '--max_batch_size 8 --extra_llm_api_options /x/o.yaml'
    )
  })
  test('NIM is told everything in variables, and runs the command of its image', async () => {
    const profile = home.profile('nim', { container: CONTAINER, settings: { maxModelLen: 4096 } })
    const plan = valueOf(await home.plan('nim', profile))
    expect(plan).toMatchObject({ file: '', args: [], container: { containerPort: 8000 } })
    expect(plan.env).toEqual({
      NIM_SERVER_PORT: '8000',
      NIM_KVCACHE_PERCENT: '0.4',
      NIM_KV_CACHE_PERCENT: '0.4',
      NIM_MAX_MODEL_LEN: '4096',
      NAME: 'a value=with "all" $(of) it'
    })
  })
  test.each(['vllm', 'sglang', 'trtllm'] as const)('%s gets its variables as they are', async (kind) => {
    const env = ['HF_HOME=/a b', 'EMPTY=', 'ODD=x=y $(z)']
    const plan = valueOf(await home.plan(kind, home.profile(kind, { settings: { env } })))
    expect(plan.env).toMatchObject({ HF_HOME: '/a b', EMPTY: '', ODD: 'x=y $(z)' })
    for (const bad of ['NAME', '=x', '1A=x', 'A B=x', 'A=\0']) {
      expect(await home.plan(kind, home.profile(kind, { settings: { env: [bad] } })), bad).toMatchObject({
        error: { code: 'bad-request', message: expect.stringContaining('NAME=value') }
      })
    }
  })
  test.each([
    ['vllm', '--port'],
    ['vllm', '--host=0.0.0.0'],
    ['vllm', '--model'],
    ['vllm', '--ssl-keyfile'],
    ['vllm', '--uds'],
    ['sglang', '--model-path=x'],
    ['sglang', '--host'],
    ['trtllm', '--port=1'],
    ['trtllm', '--grpc']
  ] as const)('%s: %s among the extra arguments is refused with advice', async (kind, option) => {
    const planned = await home.plan(kind, home.profile(kind, { settings: { extraArgs: [option, 'x'] } }))
    expect(planned).toMatchObject({
      ok: false,
      error: {
        code: 'bad-request',
        message: expect.stringMatching(/cannot be among the extra arguments\. \w+/)
      }
    })
  })
})

/** As they stand in /proc/PID/cmdline. */
const SEEN: readonly (readonly [RunnerKind, string, string | null, number | null, string | null])[] = [
  ['vllm', 'vllm serve a/b --port 8001', 'a/b', 8001, 'http://127.0.0.1:8001'],
  ['vllm', '/usr/bin/python3 /usr/local/bin/vllm serve a/b', 'a/b', 8000, 'http://127.0.0.1:8000'],
  ['vllm', 'python3 -u -X dev /venv/bin/vllm serve --port=9 a/b', 'a/b', 9, 'http://127.0.0.1:9'],
  ['vllm', 'vllm serve --port 9 a/b --host 0.0.0.0', 'a/b', 9, 'http://127.0.0.1:9'],
  ['vllm', 'vllm serve --host 192.168.1.7 --model a/b', 'a/b', 8000, 'http://192.168.1.7:8000'],
  ['vllm', 'vllm serve a/b --host fd00::1', 'a/b', 8000, 'http://[fd00::1]:8000'],
  ['vllm', 'vllm serve --config /etc/vllm.yaml', null, 8000, 'http://127.0.0.1:8000'],
  ['vllm', 'vllm serve a/b --ssl-keyfile k', 'a/b', 8000, null],
  ['vllm', 'vllm serve a/b --uds /run/x.sock', 'a/b', 8000, null],
  ['vllm', 'vllm serve a/b --port many', 'a/b', null, null],
  ['vllm', 'vllm serve --served-model-name x y', null, 8000, 'http://127.0.0.1:8000'],
  [
    'vllm',
    'python3 -m vllm.entrypoints.openai.api_server --model /m/x --port 8005',
    '/m/x',
    8005,
    'http://127.0.0.1:8005'
  ],
  [
    'sglang',
    'python3 -m sglang.launch_server --model-path a/b --host 0.0.0.0 --port 30001',
    'a/b',
    30001,
    'http://127.0.0.1:30001'
  ],
  ['sglang', '/venv/bin/python /venv/bin/sglang serve --model a/b', 'a/b', 30000, 'http://127.0.0.1:30000'],
  ['trtllm', 'trtllm-serve a/b --port 8355', 'a/b', 8355, 'http://127.0.0.1:8355'],
  ['trtllm', 'python3 /usr/local/bin/trtllm-serve serve a/b', 'a/b', 8000, 'http://127.0.0.1:8000'],
  ['trtllm', 'trtllm-serve --max_batch_size 64 a/b', 'a/b', 8000, 'http://127.0.0.1:8000'],
  [
    'nim',
    '/opt/nim/llm/.venv/bin/python3 -m vllm_nvext.entrypoints.openai.api_server --served-model-name meta/x',
    'meta/x',
    8000,
    'http://127.0.0.1:8000'
  ],
  ['nim', '/bin/bash /opt/nim/start_server.sh', null, 8000, 'http://127.0.0.1:8000']
]

describe('runners that others started', () => {
  test.each(SEEN)('%s: %s', (kind, commandLine, model, port, url) => {
    expect(ADAPTERS[kind].recognise(commandLine.split(' '))).toEqual({ model, port, url })
  })
  test.each(SEEN)('%s, not another: %s', (kind, commandLine) => {
    const kinds = Object.values(ADAPTERS).filter(
      (adapter) => adapter.recognise(commandLine.split(' ')) !== null
    )
    expect(kinds.map((adapter) => adapter.kind)).toEqual([kind])
  })
  test.each([
    ['vllm', 'vllm bench serve --model a/b'],
    ['vllm', 'vllm chat --url http://x'],
    ['vllm', 'python3 -m vllm.entrypoints.cli.main bench'],
    ['sglang', 'sglang version'],
    ['sglang', 'python3 -m sglang.bench_serving --port 30000'],
    ['trtllm', 'trtllm-serve disaggregated -c /x.yaml'],
    ['trtllm', 'trtllm-bench --model a/b']
  ] as const)('%s: %s serves nothing', (kind, commandLine) => {
    expect(ADAPTERS[kind].recognise(commandLine.split(' '))).toBeNull()
  })
})

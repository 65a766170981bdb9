import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { filterEnvironment } from '../../../../src/main/runners/supervisor/environment.ts'
import { exitInWords, isCrash } from '../../../../src/main/runners/supervisor/exit-words.ts'
import { createLoadWatch } from '../../../../src/main/runners/supervisor/load-watch.ts'
import { listeningInodes } from '../../../../src/main/runners/supervisor/ports.ts'
import { redactArgs } from '../../../../src/main/runners/supervisor/redact.ts'
import {
  createRestartBudget,
  RESTART_WINDOW_MS
} from '../../../../src/main/runners/supervisor/restart-budget.ts'
import {
  findScopeLauncher,
  inScope,
  isScopeRefusal,
  readCgroupPath,
  readMembers,
  scopeUnit
} from '../../../../src/main/runners/supervisor/scope.ts'
import { loadRecords } from '../../../../src/main/runners/supervisor/state-file.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-launch-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

describe('environment', () => {
  test('lets through what a runner needs and nothing else', () => {
    const env = {
      PATH: '/bin',
      LC_ALL: 'C',
      CUDA_VISIBLE_DEVICES: '0',
      HF_TOKEN: 't',
      HSA_OVERRIDE_GFX_VERSION: '11.5.1',
      HIP_VISIBLE_DEVICES: '0',
      ROCR_VISIBLE_DEVICES: '0',
      ROCM_PATH: '/opt/rocm',
      AMD_LOG_LEVEL: '1',
      GPU_MAX_HW_QUEUES: '2',
      VK_ICD_FILENAMES: '/icd.json',
      MESA_VK_DEVICE_SELECT: 'x',
      RADV_PERFTEST: 'nogttspill',
      OMP_NUM_THREADS: '8',
      DISPLAY: ':0',
      LD_PRELOAD: '/evil.so',
      SSH_AUTH_SOCK: '/agent',
      AWS_SECRET_ACCESS_KEY: 's',
      NODE_OPTIONS: '--inspect',
      FIREBREAK_DATA_DIR: '/x'
    }
    expect(filterEnvironment(env, { FIREBREAK_RUNNER: 'a' })).toEqual({
      PATH: '/bin',
      LC_ALL: 'C',
      CUDA_VISIBLE_DEVICES: '0',
      HF_TOKEN: 't',
      HSA_OVERRIDE_GFX_VERSION: '11.5.1',
      HIP_VISIBLE_DEVICES: '0',
      ROCR_VISIBLE_DEVICES: '0',
      ROCM_PATH: '/opt/rocm',
      AMD_LOG_LEVEL: '1',
      GPU_MAX_HW_QUEUES: '2',
      VK_ICD_FILENAMES: '/icd.json',
      MESA_VK_DEVICE_SELECT: 'x',
      RADV_PERFTEST: 'nogttspill',
      OMP_NUM_THREADS: '8',
      FIREBREAK_RUNNER: 'a'
    })
  })
})

describe('shown command lines', () => {
  test.each([
    [
      ['--api-key', 'abc'],
      ['--api-key', '•••']
    ],
    [['--api-key=abc'], ['--api-key=•••']],
    [
      ['-hft', 'abc'],
      ['-hft', '•••']
    ],
    [['HF_TOKEN=abc'], ['HF_TOKEN=•••']],
    [
      ['--api-key-file', '/keys'],
      ['--api-key-file', '/keys']
    ],
    [['--api-key-file=/keys'], ['--api-key-file=/keys']],
    [
      ['-m', '/m/token=x.gguf', '-c', '0'],
      ['-m', '/m/token=x.gguf', '-c', '0']
    ]
  ])('%j', (args, shown) => {
    expect(redactArgs(args)).toEqual(shown)
  })

  test.each([
    ['--hf_token x-secret'],
    ['--hub_token x-secret'],
    ['--wandb_api_key x-secret'],
    ['--ServerApp.token x-secret'],
    ['--ServerApp.password=x-secret'],
    ['--apiKey x-secret'],
    ['OPENAI_KEY=x-secret'],
    ['AWS_SECRET_ACCESS_KEY=x-secret'],
    ['DB_PASS=x-secret'],
    ['PGPASSWORD=x-secret'],
    ['GITHUB_PAT=x-secret'],
    ['http://h/?a=1&token=x-secret'],
    ['--url=http://h/?api_key=x-secret'],
    ['--db postgres://user:x-secret@host/db']
  ])('%s is not shown', (line) => {
    const shown = redactArgs(line.split(' ')).join(' ')
    expect(shown).not.toContain('x-secret')
    expect(shown).toContain('•••')
  })

  test.each([
    ['--tokenizer=owner/model'],
    ['--tokenizer owner/model'],
    ['--max-num-batched-tokens=8192'],
    ['--max_new_tokens 20'],
    ['--hf-token-path /x'],
    ['--sort-key name'],
    ['--author me'],
    ['--token --port 80'],
    ['http://127.0.0.1:8000/v1?page=2'],
    ['git@host:repo'],
    ['HF_TOKEN=']
  ])('%s is shown as it is', (line) => {
    expect(redactArgs(line.split(' ')).join(' ')).toBe(line)
  })
})

describe('systemd scopes', () => {
  const command = { file: '/bin/llama-server', args: ['-m', 'x'] }

  test('wraps the command without a shell, under its own unit and slice', () => {
    expect(inScope('/usr/bin/systemd-run', scopeUnit('tiny', 3), command)).toEqual({
      file: '/usr/bin/systemd-run',
      args: [
        '--user',
        '--scope',
        '--quiet',
        '--collect',
        '--slice=firebreak.slice',
        '--unit=firebreak-tiny-3',
        '--',
        '/bin/llama-server',
        '-m',
        'x'
      ]
    })
  })

  test('only where a user manager listens and systemd-run is there, and not when switched off', async () => {
    const bin = join(dir, 'bin')
    mkdirSync(join(dir, 'run', 'systemd'), { recursive: true })
    mkdirSync(bin)
    const env = { XDG_RUNTIME_DIR: join(dir, 'run'), PATH: `/nowhere:${bin}` }
    expect(findScopeLauncher(env)).toBeNull()
    const server: Server = createServer()
    await new Promise<void>((done) => server.listen(join(dir, 'run', 'systemd', 'private'), done))
    expect(findScopeLauncher(env)).toBeNull()
    writeFileSync(join(bin, 'systemd-run'), '#!/bin/sh\n')
    chmodSync(join(bin, 'systemd-run'), 0o755)
    expect(findScopeLauncher(env)).toBe(join(bin, 'systemd-run'))
    expect(findScopeLauncher({ ...env, FIREBREAK_SCOPES: 'off' })).toBeNull()
    expect(findScopeLauncher({ PATH: bin })).toBeNull()
    await new Promise((done) => server.close(done))
  })

  test('knows a refusal of systemd from an error of the runner', () => {
    expect(isScopeRefusal('--- start\nFailed to connect to bus: No medium found\n')).toBe(true)
    expect(isScopeRefusal('Failed to start transient scope unit: Access denied')).toBe(true)
    expect(isScopeRefusal('0.01 E srv: failed to load model')).toBe(false)
  })

  test('reads members on pure and on hybrid cgroups', () => {
    mkdirSync(join(dir, '42'))
    writeFileSync(join(dir, '42', 'cgroup'), '1:name=systemd:/x\n0::/user.slice/firebreak-tiny-3.scope\n')
    expect(readCgroupPath(dir, 42)).toBe('/user.slice/firebreak-tiny-3.scope')
    expect(readCgroupPath(dir, 43)).toBeNull()
    const members = join(dir, 'fs', 'cgroup', 'unified', 'user.slice')
    mkdirSync(members, { recursive: true })
    writeFileSync(join(members, 'cgroup.procs'), '42\n43\n')
    expect(readMembers(dir, '/user.slice')).toEqual([42, 43])
    expect(readMembers(dir, '/gone.slice')).toEqual([])
  })
})

describe('exits', () => {
  test.each([
    [{ code: 0, signal: null }, 'ended by itself with code 0', false],
    [{ code: 1, signal: null }, 'ended with code 1', true],
    [{ code: 137, signal: null }, 'ended with code 137', true],
    [{ code: null, signal: 'SIGSEGV' as const }, 'crashed (SIGSEGV)', true],
    [{ code: null, signal: 'SIGTERM' as const }, 'was ended (SIGTERM) from outside', false],
    [
      { code: null, signal: null },
      'ended; how is not known, because an earlier Firebreak had started it. It is not started again by itself, for it may have been ended on purpose or for want of memory',
      false
    ]
  ])('%j', (status, words, crash) => {
    expect(exitInWords(status)).toBe(words)
    expect(isCrash(status)).toBe(crash)
  })
  test('a SIGKILL is no proof of a lack of memory, and never tried again', () => {
    const status = { code: null, signal: 'SIGKILL' as const }
    expect(exitInWords(status)).toContain('but so does anyone')
    expect(isCrash(status)).toBe(false)
  })
})

test('two restarts in ten minutes, then none until the first is old', () => {
  const budget = createRestartBudget()
  const waits = [budget.take(0), budget.take(1_000), budget.take(2_000), budget.take(RESTART_WINDOW_MS)]
  expect(waits).toEqual([2_000, 10_000, null, 10_000])
  budget.reset()
  expect(budget.take(RESTART_WINDOW_MS)).toBe(2_000)
})

test('progress is growth of memory or of the log; noise and shrinking are none', () => {
  const watch = createLoadWatch(0)
  expect(watch.note(1_000, 100_000_000, 0)).toMatchObject({ ms: 0 })
  expect(watch.note(2_000, 100_000_500, 0)).toMatchObject({ ms: 1_000 })
  expect(watch.note(3_000, 50_000_000, 0)).toMatchObject({ ms: 2_000 })
  expect(watch.note(4_000, 100_000_000, 10)).toMatchObject({ ms: 0 })
  expect(watch.note(5_000, 200_000_000, 10)).toMatchObject({ ms: 0 })
  expect(watch.note(9_000, 200_000_000, 10)).toMatchObject({ ms: 4_000 })
})

test('a log that grows by our own questions is no progress of the memory', () => {
  const watch = createLoadWatch(0)
  for (let second = 1; second <= 60; second += 1) {
    expect(watch.note(second * 1_000, 100_000_000, second * 80)).toEqual({
      ms: 0,
      memoryMs: (second - 1) * 1_000
    })
  }
})

test('listening sockets of a port, from captured tables', () => {
  mkdirSync(join(dir, 'net'))
  const head =
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
  writeFileSync(
    join(dir, 'net', 'tcp'),
    `${head}   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 55511 1 0 100 0 0 10 0\n` +
      '   1: 0100007F:1F90 0100007F:D2A4 01 00000000:00000000 00:00000000 00000000  1000        0 55512 1 0 20 4 30 10 -1\n'
  )
  expect([...listeningInodes(dir, 8080)]).toEqual(['55511'])
  expect([...listeningInodes(dir, 8081)]).toEqual([])
})

test.each(['', '{}', '{"version":2,"runners":[]}', 'null'])(
  'a state file of %j is a problem said, not a throw',
  (text) => {
    const path = join(dir, 'runners.json')
    writeFileSync(path, text)
    const { records, problem } = loadRecords(path)
    expect(records).toEqual([])
    expect(problem).not.toBeNull()
  }
)

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chooseListener, parseListeners, urlAt } from '../../../../../src/main/runners/discovery/listening.ts'
import { modelLabel } from '../../../../../src/main/runners/discovery/look.ts'
import { originOf } from '../../../../../src/main/runners/discovery/origin.ts'
import { cgroupPath, pidsInCgroup } from '../../../../../src/main/runners/supervisor/unit-members.ts'
import { nameOfProgram } from '../../../../../src/main/runners/discovery/program-name.ts'
import { maySignal, problemOf } from '../../../../../src/main/runners/discovery/problem.ts'
import { splitCommandLine } from '../../../../../src/main/runners/discovery/process-files.ts'
import { processRow } from '../../../../support/fake-machine.ts'

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 111 1 0 100 0 0 10 0
   1: 00000000:7530 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 222 1 0 100 0 0 10 0
   2: 0A01A8C0:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 333 1 0 100 0 0 10 0
   3: 0100007F:1F91 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 444 1 0 20 4 30 10 -1
   4: broken`
const TABLE6 = `  sl  local_address                         remote_address                        st
   0: 00000000000000000000000001000000:22B8 00000000000000000000000000000000:0000 0A 0:0 0:0 0  1000 0 555 1 0
   1: 0000000000000000FFFF00000A01A8C0:22B9 00000000000000000000000000000000:0000 0A 0:0 0:0 0  1000 0 666 1 0`

describe('listening', () => {
  it('knows who listens, and how this machine reaches it', () => {
    expect(Object.fromEntries(parseListeners(TABLE))).toEqual({
      111: { port: 8080, host: '127.0.0.1' },
      222: { port: 30_000, host: '127.0.0.1' },
      333: { port: 80, host: '192.168.1.10' }
    })
    expect(Object.fromEntries(parseListeners(TABLE6))).toEqual({
      555: { port: 8888, host: '[::1]' },
      666: { port: 8889, host: '192.168.1.10' }
    })
    expect(parseListeners('').size).toBe(0)
  })

  it('prefers what is named, then what is usual, then the first', () => {
    const at = (port: number): { port: number; host: string } => ({ port, host: '127.0.0.1' })
    const open = [at(41_000), at(8000), at(9000)]
    expect(chooseListener(open, 9000, 8000)?.port).toBe(9000)
    expect(chooseListener(open, 7000, 8000)?.port).toBe(8000)
    expect(chooseListener(open, null, 1)?.port).toBe(41_000)
    expect(chooseListener([], 9000, 8000)).toBeNull()
  })

  it('keeps the rest of an address', () => {
    expect(urlAt('http://127.0.0.1:8888/lab', { port: 9999, host: '127.0.0.1' })).toBe(
      'http://127.0.0.1:9999/lab'
    )
    expect(urlAt('http://127.0.0.1:1', { port: 2, host: '[::1]' })).toBe('http://[::1]:2')
    expect(urlAt(null, { port: 2, host: '127.0.0.1' })).toBe('http://127.0.0.1:2')
    expect(urlAt('no address', { port: 2, host: '127.0.0.1' })).toBe('http://127.0.0.1:2')
  })
})

describe('who started it', () => {
  const id = 'ab'.repeat(32)
  const of = (cgroup: string | null, hasTerminal = false, parentName: string | null = 'systemd') =>
    originOf({ cgroup, hasTerminal, parentName, memberPids: new Set([5, 6]), pidsIn: () => [5, 6] })

  it.each([
    ['a Docker container', `0::/system.slice/docker-${id}.scope\n`],
    ['a Podman container', `12:memory:/libpod_parent/libpod-${id}\n0::/\n`]
  ])('%s', (_what, cgroup) => {
    expect(of(cgroup, true)).toEqual({
      startedBy: 'container',
      name: id.slice(0, 12),
      containerId: id,
      unit: null
    })
  })

  it('a service of the user, and one of the system', () => {
    const user = '0::/user.slice/user-1000.slice/user@1000.service/app.slice/llama.service\n'
    expect(of(user)).toMatchObject({
      startedBy: 'systemd',
      name: 'llama.service',
      unit: { name: 'llama.service', manager: 'user' }
    })
    expect(of('0::/system.slice/ollama.service\n')).toMatchObject({
      unit: { name: 'ollama.service', manager: 'system' }
    })
  })

  it('what a service’s own program has started is not that service: to stop it would end the other', () => {
    expect(of('0::/system.slice/jupyter.service\n', false, 'jupyter-lab')).toMatchObject({
      startedBy: 'systemd',
      name: 'jupyter.service',
      unit: null
    })
  })

  it.each([
    ['holds another program', [5, 6, 7]],
    ['cannot be looked into', []]
  ])('what a service that %s left in the background is not that service', (_what, inside) => {
    const asked: string[] = []
    const origin = originOf({
      cgroup: '0::/system.slice/backup.service/below\n',
      hasTerminal: false,
      parentName: 'systemd',
      memberPids: new Set([5, 6]),
      pidsIn: (path) => (asked.push(path), inside)
    })
    expect(origin).toMatchObject({ startedBy: 'systemd', name: 'backup.service', unit: null })
    expect(asked).toEqual(['/system.slice/backup.service'])
  })

  it('counts what runs in a cgroup and below it', () => {
    const dir = mkdtempSync(join(tmpdir(), 'firebreak-cgroup-'))
    const folder = join(dir, 'fs/cgroup/a.service')
    mkdirSync(join(folder, 'below'), { recursive: true })
    writeFileSync(join(folder, 'cgroup.procs'), '5\n')
    writeFileSync(join(folder, 'below', 'cgroup.procs'), '6\n7\n')
    expect(pidsInCgroup(dir, '/a.service')).toEqual([5, 6, 7])
    expect(pidsInCgroup(dir, '/b.service')).toEqual([])
    rmSync(dir, { recursive: true })
  })

  it.each([
    [
      'a shell inside the terminal’s own service',
      '0::/user@1.service/gnome-terminal-server.service\n',
      true,
      'bash'
    ],
    ['an SSH session that was left', '0::/user.slice/user-1000.slice/session-3.scope\n', false, 'systemd'],
    ['a shell without a terminal', '0::/\n', false, 'bash']
  ])('%s', (_what, cgroup, hasTerminal, parentName) => {
    expect(of(cgroup, hasTerminal, parentName)).toMatchObject({ startedBy: 'terminal', unit: null })
  })

  it('anything else, unreadable too', () => {
    expect(
      of('0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope\n', false, 'x')
    ).toMatchObject({
      startedBy: 'other'
    })
    expect(of(null, false, 'x')).toMatchObject({ startedBy: 'other', name: null })
  })

  it('reads both versions of cgroups', () => {
    expect(cgroupPath('5:memory:/a\n0::/b\n')).toBe('/b')
    expect(cgroupPath('5:memory:/a\n0::/\n')).toBe('/a')
    expect(cgroupPath('')).toBeNull()
  })
})

describe('what stands in the way', () => {
  const plain = {
    root: processRow({ pid: process.pid, name: 'llama-server' }),
    members: [processRow({ pid: process.pid })],
    origin: { startedBy: 'other', name: null, containerId: null, unit: null } as const,
    userId: 1000,
    protectedNames: [],
    engineStops: false,
    maySignal
  }
  it('nothing, where it is our own', () => {
    expect(problemOf(plain)).toBeNull()
  })
  it('a protected name, the user’s own included', () => {
    const root = processRow({ pid: 5, name: 'gnome-shell' })
    expect(problemOf({ ...plain, root })).toContain('protected list')
    expect(problemOf({ ...plain, protectedNames: ['llama*'] })).toContain('protected list')
  })
  it('a protected program in its container, which ends with it', () => {
    const members = [plain.root, processRow({ pid: 9, name: 'sshd' })]
    const origin = { ...plain.origin, startedBy: 'container', containerId: 'ab'.repeat(32) } as const
    expect(problemOf({ ...plain, members, origin, engineStops: true })).toContain('sshd in its container')
    expect(problemOf({ ...plain, origin, engineStops: true })).toBeNull()
    // Outside of one it is left alone by itself.
    expect(problemOf({ ...plain, members, maySignal: () => true })).toBeNull()
  })
  it('another user’s, with what to do', () => {
    const root = processRow({ pid: 1, name: 'ollama' })
    const refused = { maySignal: (pid: number) => pid !== 1 }
    const text = problemOf({ ...plain, ...refused, root, members: [root], userId: 0 })
    expect(text).toContain('It runs as root')
    expect(text).toContain('sudo kill 1')
  })
})

describe('texts', () => {
  it.each([
    ['/m/Qwen3-8B-Q4_K_M.gguf', 'Qwen3-8B-Q4_K_M'],
    ['/m/big-00001-of-00003.gguf', 'big'],
    ['openai/gpt-oss-120b', 'openai/gpt-oss-120b'],
    ['llama3.2:3b', 'llama3.2:3b'],
    ['./a.gguf', 'a'],
    ['', null],
    [null, null]
  ])('%s is called %s', (model, label) => {
    expect(modelLabel(model)).toBe(label)
  })

  it.each([
    [['/opt/llama-server', '-m', 'a'], 'llama-server'],
    [['/usr/bin/python3', '/venv/bin/vllm', 'serve'], 'vllm'],
    [['python3', '-m', 'sglang.launch_server'], 'python3 -m sglang.launch_server'],
    [['python3', '-c', 'from multiprocessing import x'], 'python3'],
    [['VLLM::EngineCore'], 'VLLM::EngineCore'],
    [undefined, 'comm'],
    [['\u001b'], 'comm']
  ])('%j is called %s', (commandLine, name) => {
    expect(nameOfProgram('comm', commandLine)).toBe(name)
  })

  it('a title written over the arguments is one text', () => {
    expect(splitCommandLine('VLLM::EngineCore\0\0\0\0')).toEqual(['VLLM::EngineCore'])
    expect(splitCommandLine('a\0-m\0\0b\0')).toEqual(['a', '-m', '', 'b'])
  })
})

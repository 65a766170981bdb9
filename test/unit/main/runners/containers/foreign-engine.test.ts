import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../../../src/main/platform/system.ts'
import { ADAPTERS } from '../../../../../src/main/runners/adapters/registry.ts'
import { createContainers } from '../../../../../src/main/runners/containers/containers.ts'
import { createFoundContainers } from '../../../../../src/main/runners/containers/found-containers.ts'
import { createLiveContainer } from '../../../../../src/main/runners/containers/live-container.ts'
import { createRunners } from '../../../../../src/main/runners/supervisor/runners.ts'
import type { Runners } from '../../../../../src/main/runners/supervisor/types.ts'
import { defaultSettings } from '../../../../../src/shared/settings/schema.ts'
import { makeRunnerHome, viewOf, type RunnerHome } from '../../../../support/runner-home.ts'
import { isAlive, until } from '../../../../support/until.ts'

/** Two drains of five seconds each, on busy cores. */
const TIMEOUT_MS = 40_000
const ID = 'a'.repeat(64)
const SILENT = { info: () => {}, warn: () => {}, error: () => {} }
const DOCKER = { Version: '29.1.2', ApiVersion: '1.52', Components: [{ Name: 'Engine' }] }
const PODMAN = { Version: '5.7.0', ApiVersion: '1.41', Components: [{ Name: 'Podman Engine' }] }

/** What a stand-in answers to 'METHOD /path', by how the call begins. */
type Answers = Readonly<Record<string, { readonly status?: number; readonly body?: unknown }>>

let home: RunnerHome
const servers: Server[] = []
const opened: Runners[] = []
const children: ChildProcess[] = []
beforeEach(() => {
  home = makeRunnerHome()
})
afterEach(async () => {
  for (const runners of opened.splice(0)) runners.dispose()
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
  home.remove()
})

async function listen(socket: string, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((done) => server.listen(socket, done))
  return socket
}

/** A stand-in for an engine, of the vendors' published API; the calls it got. */
async function engine(
  answers: Answers,
  socket = join(home.dir, 'engine.sock')
): Promise<{ readonly socket: string; readonly calls: readonly string[] }> {
  const calls: string[] = []
  await listen(socket, (request, response) => {
    const call = `${request.method} ${request.url}`
    calls.push(call)
    // Its output never ends.
    if (call.includes('/logs')) return void response.writeHead(200).flushHeaders()
    const answer = Object.entries(answers).find(([start]) => call.startsWith(start))?.[1] ?? { status: 404 }
    response.writeHead(answer.status ?? 200).end(JSON.stringify(answer.body ?? {}))
  })
  return { socket, calls }
}

function innocent(): number {
  const child = spawn('sleep', ['120'], { detached: true, stdio: 'ignore' })
  children.push(child)
  return child.pid ?? 0
}

const containersOf = (socket: string) =>
  createContainers({ env: { DOCKER_HOST: `unix://${socket}` }, homeDir: home.dir, logger: SILENT })

function open(socket: string): Runners {
  const runners = createRunners({
    places: home.places,
    clock: systemClock,
    logger: SILENT,
    machine: home.machine,
    settings: () => defaultSettings(),
    adapters: ADAPTERS,
    containers: containersOf(socket)
  })
  opened.push(runners)
  return runners
}

const draft = {
  label: 'far',
  kind: 'vllm',
  modelPath: 'Qwen/Qwen3-8B',
  settings: {},
  restartOnCrash: false,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: { image: 'a/b:1', gpus: false, shmMiB: 64, hostIpc: false, mounts: [], env: [] }
} as const

const running = (pid: number): Answers => ({
  'GET /version': { body: DOCKER },
  'GET /images/': { body: { Id: 'x' } },
  'POST /containers/create': { status: 201, body: { Id: ID } },
  [`GET /containers/${ID}/json`]: { body: { Id: ID, State: { Running: true, Pid: pid, ExitCode: 0 } } },
  [`POST /containers/${ID}/`]: { status: 204 },
  [`DELETE /containers/${ID}`]: { status: 204 }
})

describe('an engine that counts the processes of another machine', () => {
  test(
    'a start is refused, the container removed, and the process of that number left alone',
    async () => {
      const pid = innocent()
      const { socket, calls } = await engine(running(pid))
      const runners = open(socket)
      expect(
        await runners.saveProfile({ ...draft, id: 'far', container: { ...draft.container, mounts: [] } })
      ).toMatchObject({ ok: true })
      expect(await runners.start('far', undefined)).toMatchObject({
        ok: false,
        error: { message: expect.stringContaining('another machine or in another pid namespace') }
      })
      expect(viewOf(runners, 'far')).toMatchObject({ state: 'failed', pids: [] })
      expect(calls).toContain(`DELETE /containers/${ID}?force=1&v=1`)
      await runners.stop('far')
      expect(isAlive(pid)).toBe(true)
    },
    TIMEOUT_MS
  )

  test('a record with such a number is not believed', async () => {
    const pid = innocent()
    const { socket } = await engine(running(pid))
    const runners = open(socket)
    const row = await until('the process', () => home.machine.processes().find((one) => one.pid === pid))
    const url = 'http://127.0.0.1:9'
    await runners.adoptFound(
      {
        root: { pid, startTicks: row.startTicks },
        members: [],
        processGroupId: pid,
        port: 9,
        url,
        commandLine: ['vllm'],
        startedAtMs: 0,
        unit: null,
        container: { id: ID, socket }
      },
      { ...draft, container: { ...draft.container, mounts: [], env: [] } }
    )
    expect(viewOf(runners, 'far').pids).toEqual([])
    expect(viewOf(runners, 'far').text).toContain('is not of its container')
    await runners.stop('far')
    expect(isAlive(pid)).toBe(true)
  })
})

describe('a container that cannot be removed', () => {
  const broken = { status: 500, body: { message: 'device or resource busy' } }

  test(
    'its output is followed no longer',
    async () => {
      let isCut = false
      const socket = await listen(join(home.dir, 'engine.sock'), (request, response) => {
        if (request.url?.includes('/logs') === true) {
          response.writeHead(200).flushHeaders()
          request.on('close', () => (isCut = true))
        } else response.writeHead(request.method === 'DELETE' ? 500 : 200).end('{"message":"busy"}')
      })
      const live = createLiveContainer({
        record: { id: ID, socket },
        logPath: join(home.dir, 'x.log'),
        sinceMs: null,
        logger: SILENT
      })
      expect(await live.remove()).toBe('busy')
      expect(await until('the end of the following', () => isCut)).toBe(true)
    },
    TIMEOUT_MS
  )

  test('after a failed start: named, with the command of the engine that has it', async () => {
    const { socket } = await engine({
      [`POST /containers/${ID}/start`]: { status: 500, body: { message: 'no such device' } },
      ...running(0),
      'GET /version': { body: PODMAN },
      [`DELETE /containers/${ID}`]: broken
    })
    const containers = containersOf(socket)
    const plan = {
      file: '',
      args: [],
      container: {
        image: 'a/b:1',
        gpus: true,
        shmBytes: 0,
        hostIpc: false,
        mounts: [],
        containerPort: 1,
        hostAddress: '127.0.0.1'
      },
      env: {},
      port: 1,
      url: '',
      modelBytes: null
    } as const
    expect(containers.commandLine('x', plan)[0]).toBe('docker')
    const started = await containers.start({
      id: 'x',
      mark: 'm',
      plan,
      logPath: join(home.dir, 'x.log'),
      abort: new AbortController().signal,
      onPhase: () => {}
    })
    expect(started).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('Remove it with: podman rm --force firebreak-x') }
    })
    // From now on it is known which engine is here.
    expect(containers.lastEngine()).toBe('podman')
    expect(containers.commandLine('x', plan)).toEqual(expect.arrayContaining(['podman', '--device']))
  })
})

describe('several engines', () => {
  const unknown: Answers = { 'GET /version': { body: DOCKER } }
  const both = async (second: Answers) => {
    mkdirSync(join(home.dir, 'podman'))
    const first = await engine(unknown, join(home.dir, 'docker.sock'))
    const other = await engine(second, join(home.dir, 'podman', 'podman.sock'))
    return { first, other, found: createFoundContainers({ XDG_RUNTIME_DIR: home.dir }) }
  }
  const abort = new AbortController().signal

  test('the one that knows a container names and stops it', async () => {
    const { other, found } = await both({
      'GET /version': { body: PODMAN },
      [`GET /containers/${ID}/json`]: { body: { Name: '/mine' } },
      [`POST /containers/${ID}/stop`]: { status: 204 }
    })
    expect(await found.name(ID)).toBe('mine')
    expect(await found.stop(ID, 1_000, abort)).toBeNull()
    expect(other.calls).toContain(`POST /containers/${ID}/stop?t=1`)
  })

  test('that none knows it is no success', async () => {
    const { found } = await both({ 'GET /version': { body: PODMAN } })
    expect(await found.name(ID)).toBeNull()
    expect(await found.stop(ID, 1_000, abort)).toContain('knows the container aaaaaaaaaaaa')
  })
})

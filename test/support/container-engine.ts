import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { ensureLlamaServer } from './llama-server.ts'
import { until } from './until.ts'

const run = promisify(execFile)
const SCRIPT = resolve(import.meta.dirname, 'podman-engine.sh')
const NEEDED = ['podman', 'runc'] as const
const START_DEADLINE_MS = 30_000
const IMPORT_DEADLINE_MS = 120_000

/** A real Podman with its Docker-compatible socket, for one suite. */
export interface ContainerEngine {
  readonly socket: string
  /** As a core's environment would name it. */
  readonly env: NodeJS.ProcessEnv
  /** Ids of all containers, running or not. */
  containers(): Promise<readonly string[]>
  /** One call of the API; its JSON, or null where it has none. */
  call(method: 'GET' | 'POST' | 'DELETE', path: string): Promise<unknown>
  /** Makes an image of a real llama-server; its name. */
  llamaImage(): Promise<string>
  end(): Promise<void>
}

/** Why no engine can be had here, for a skip; null when one can. */
export async function noContainerEngine(): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'a container engine of the tests’ own needs root'
  for (const program of NEEDED) {
    try {
      await run(program, ['--version'])
    } catch {
      return `no ${program}: install podman runc netavark aardvark-dns uidmap iptables`
    }
  }
  return null
}

/** `registry`: host:port of one without TLS. */
export async function startContainerEngine(registry = ''): Promise<ContainerEngine> {
  const dir = mkdtempSync(join(tmpdir(), 'firebreak-engine-'))
  const said: string[] = []
  // A group of its own: what it starts ends with it.
  const engine = spawn(SCRIPT, [dir, registry], { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  engine.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  const socket = join(dir, 'docker.sock')
  const call: ContainerEngine['call'] = (method, path) => exchange(socket, method, path)
  try {
    await until(
      'the container engine',
      () => {
        if (engine.exitCode !== null) throw new Error(`the container engine ended: ${said.join('')}`)
        return call('GET', '/version').catch(() => null)
      },
      START_DEADLINE_MS
    )
  } catch (error) {
    await endEngine(engine, dir)
    throw error
  }
  let image: Promise<string> | null = null
  return {
    socket,
    env: { ...process.env, DOCKER_HOST: `unix://${socket}` },
    call,
    async containers() {
      const list = (await call('GET', '/containers/json?all=1')) as readonly { readonly Id: string }[]
      return list.map(({ Id }) => Id)
    },
    llamaImage: () => (image ??= importLlama(socket)),
    end: () => endEngine(engine, dir)
  }
}

async function endEngine(engine: ChildProcess, dir: string): Promise<void> {
  if (engine.exitCode === null && engine.signalCode === null) {
    const ended = new Promise((done) => engine.once('close', done))
    engine.kill('SIGTERM')
    await ended
  }
  rmSync(dir, { recursive: true, force: true })
}

function exchange(
  socketPath: string,
  method: string,
  path: string,
  body?: NodeJS.ReadableStream
): Promise<unknown> {
  return new Promise((settle, fail) => {
    const sent = request({ socketPath, method, path, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', fail)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        if ((response.statusCode ?? 0) >= 400) fail(new Error(`${method} ${path}: ${text}`))
        else
          settle(text.startsWith('{') || text.startsWith('[') ? JSON.parse(text.split('\n')[0] ?? '') : null)
      })
    })
    sent.on('error', fail)
    if (body === undefined) sent.end()
    else void pipeline(body, sent).catch(fail)
  })
}

/** Debian's packages as they were unpacked for the native tests: the same program, its libraries and loader. */
async function importLlama(socket: string): Promise<string> {
  const root = resolve(await ensureLlamaServer(), '../../root')
  const links = mkdtempSync(join(tmpdir(), 'firebreak-image-'))
  // As on a system with merged /usr, where programs look for their loader.
  for (const name of ['lib', 'lib64']) symlinkSync(`usr/${name}`, join(links, name))
  const tar = spawn(
    'tar',
    ['-cf', '-', '--exclude=*/gconv', '--exclude=./usr/share', '-C', root, '.', '-C', links, 'lib', 'lib64'],
    { stdio: ['ignore', 'pipe', 'ignore'] }
  )
  const query = new URLSearchParams({
    fromSrc: '-',
    repo: 'localhost/firebreak-llama',
    // Where Debian keeps libraries of its own for llama.cpp, on either machine.
    changes: `ENV LD_LIBRARY_PATH=${['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu/llama`).join(':')}`
  })
  const deadline = setTimeout(() => tar.kill('SIGKILL'), IMPORT_DEADLINE_MS)
  try {
    await exchange(socket, 'POST', `/images/create?${query}`, tar.stdout)
  } finally {
    clearTimeout(deadline)
    rmSync(links, { recursive: true, force: true })
  }
  // Podman of some versions takes no other tag here.
  return 'localhost/firebreak-llama:latest'
}

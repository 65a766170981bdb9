import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { connectControlSocket, type ControlLink } from '../../src/main/transport/control-client.ts'
import { createClient, type Client } from '../../src/shared/contract/client.ts'

const ENTRY = resolve(import.meta.dirname, '../../out/main/headless.js')
const START_DEADLINE_MS = 20_000

/** Folders of one user of Firebreak, apart from those of this machine's user. */
export interface Home {
  readonly dir: string
  readonly env: NodeJS.ProcessEnv
  remove(): void
}

export function makeHome(settings?: Readonly<Record<string, unknown>> | string): Home {
  const dir = mkdtempSync(join(tmpdir(), 'firebreak-home-'))
  mkdirSync(join(dir, 'config'), { recursive: true })
  if (settings !== undefined) {
    const text = typeof settings === 'string' ? settings : JSON.stringify({ version: 1, ...settings })
    writeFileSync(join(dir, 'config', 'settings.json'), text)
  }
  return {
    dir,
    env: {
      ...process.env,
      HOME: dir,
      // A test must not write onto a developer's desktop; the bus's tests name their own.
      DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus',
      FIREBREAK_RUNTIME_DIR: join(dir, 'run'),
      FIREBREAK_CONFIG_DIR: join(dir, 'config'),
      FIREBREAK_DATA_DIR: join(dir, 'data')
    },
    remove: () => rmSync(dir, { recursive: true, force: true })
  }
}

export interface HeadlessCore {
  readonly pid: number
  readonly client: Client
  readonly stdout: () => string
  readonly stderr: () => string
  /** As when the terminal is closed: what it writes from now on fails. */
  closeStreams(): void
  /** Sends the signal and waits for the end; the exit code, or the signal's name. */
  end(signal?: NodeJS.Signals): Promise<number | string>
}

export interface Ended {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

function launch(
  home: Home,
  args: readonly string[]
): { child: ChildProcess; out: string[]; err: string[]; ended: Promise<number | string> } {
  if (!existsSync(ENTRY)) throw new Error(`${ENTRY} is missing: run npm run build`)
  const child = spawn(process.execPath, [ENTRY, ...args], {
    env: home.env,
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const out: string[] = []
  const err: string[] = []
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk.toString()))
  const ended = new Promise<number | string>((done) =>
    child.once('close', (code, signal) => done(code ?? signal ?? 'unknown'))
  )
  return { child, out, err, ended }
}

/** Starts the built headless host as a user would, and connects to its control socket. */
export async function startHeadless(
  home: Home,
  args: readonly string[] = ['--no-web']
): Promise<HeadlessCore> {
  const { child, out, err, ended } = launch(home, args)
  const runtimeDir = join(home.dir, 'run')
  const deadline = performance.now() + START_DEADLINE_MS
  let link: ControlLink | null = null
  while (link === null) {
    const connected = await connectControlSocket(runtimeDir)
    if (connected.ok) link = connected.value
    else if (performance.now() > deadline || child.exitCode !== null) {
      child.kill('SIGKILL')
      throw new Error(`the headless host did not start: ${err.join('')}`)
    } else await new Promise((done) => setTimeout(done, 20))
  }
  const connected = link
  return {
    pid: child.pid ?? -1,
    client: createClient(connected),
    stdout: () => out.join(''),
    stderr: () => err.join(''),
    closeStreams() {
      child.stdout?.destroy()
      child.stderr?.destroy()
    },
    async end(signal = 'SIGTERM') {
      connected.dispose()
      child.kill(signal)
      return ended
    }
  }
}

/** For starts that are expected to end by themselves. */
export async function runHeadless(home: Home, args: readonly string[]): Promise<Ended> {
  const { out, err, ended } = launch(home, args)
  const code = await ended
  return { code, stdout: out.join(''), stderr: err.join('') }
}

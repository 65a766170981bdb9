import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands/table.ts'
import { runCli } from '../../src/cli/run.ts'
import { listenControlSocket, type ControlServer } from '../../src/main/transport/control-server.ts'
import type { Handlers } from '../../src/main/transport/dispatcher.ts'
import { err, ok } from '../../src/shared/util/result.ts'
import {
  createFakeCore,
  type sampleLive,
  sampleRunner,
  sampleStop,
  type FakeCore
} from '../support/fake-core.ts'
import { until } from '../support/until.ts'
import { removeFolder, temporaryFolder } from '../support/wires.ts'

const MAIN = resolve(import.meta.dirname, '../../src/cli/main.ts')
const folder = temporaryFolder()
const noCore = join(folder, 'empty')

interface Ran {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
  readonly json: unknown
}

async function cli(runtimeDir: string, args: readonly string[], signal?: AbortSignal): Promise<Ran> {
  let stdout = ''
  let stderr = ''
  const exit = await runCli(args, {
    env: { HOME: folder },
    workingDir: folder,
    runtimeDir,
    version: '1.2.3',
    signal: signal ?? new AbortController().signal,
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text)
  })
  return { exit, stdout, stderr, json: args.includes('--json') ? JSON.parse(stdout) : undefined }
}

let running: { core: FakeCore; server: ControlServer } | null = null
let serial = 0
async function withCore(replaced: Partial<Handlers> = {}): Promise<{ dir: string; core: FakeCore }> {
  const core = createFakeCore(replaced)
  serial += 1
  const dir = join(folder, `run${serial}`)
  const server = await listenControlSocket({ runtimeDir: dir, endpoint: core.endpoint, logger: core.logger })
  if (!server.ok) throw new Error(JSON.stringify(server.error))
  running = { core, server: server.value }
  return { dir, core }
}
afterEach(() => {
  running?.server.dispose()
  running = null
})
// The smallest file that can be a model's header: magic, version, two counts.
beforeAll(() =>
  writeFileSync(join(folder, 'own.gguf'), Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(20)]))
)
afterAll(() => removeFolder(folder))

describe('usage', () => {
  it.each([
    [['strat'], "Did you mean 'start'?"],
    [['--hlep'], '--help'],
    [['start'], 'PROFILE|MODEL missing'],
    [['stop', 'a', 'b'], "'b' is one argument too many"],
    [['start', 'x', '--wiat'], "Did you mean '--wait'?"],
    [['status', '-j'], "unknown option '-j'"],
    [['status', '--json=yes'], 'does not take an argument'],
    [['start', 'x', '--ctx'], '--ctx'],
    [['start', 'x', '--ctx', 'many'], '--ctx takes a whole number from 0 to 16777216'],
    [['start', 'x', '--port', '70000'], '--port takes a whole number from 0 to 65535'],
    [['start', 'x', '--slots', '0'], '--slots takes a whole number from 1'],
    [['start', 'x', '--runner', 'lamacpp'], "Did you mean 'llamacpp'?"],
    [['start', 'x', '--arg', '--flash-attn'], '--arg='],
    [['logs', 'x', '-f', '--json'], 'use one of them'],
    [['serve', '--port', '-1'], '--port']
  ])('%j exits 2 and says what is right', async (args, hint) => {
    const ran = await cli(noCore, args)
    expect(ran.exit).toBe(2)
    expect(ran.stderr).toContain(hint)
    if (!args.includes('--json')) expect(ran.stdout).toBe('')
  })

  it('without arguments is told how', async () => {
    const ran = await cli(noCore, [])
    expect(ran).toMatchObject({ exit: 2, stdout: '' })
    expect(ran.stderr).toContain('Usage:')
  })

  it('has help for all and for each, naming every option', async () => {
    const all = await cli(noCore, ['--help'])
    expect(all.exit).toBe(0)
    for (const command of COMMANDS) {
      expect(all.stdout).toContain(command.name)
      const one = await cli(noCore, [command.name, '--help'])
      expect(one).toMatchObject({ exit: 0, stderr: '' })
      for (const option of [...Object.keys(command.options), 'json', 'help']) {
        expect(one.stdout).toContain(`--${option}`)
      }
    }
  })

  it('tells its version', async () => {
    expect(await cli(noCore, ['--version'])).toMatchObject({ exit: 0, stdout: '1.2.3\n', stderr: '' })
  })
})

describe('without a core', () => {
  it.each([['status'], ['runners'], ['profiles'], ['start', 'x'], ['stop', 'x'], ['logs', 'x']])(
    '%s exits 5 with one JSON document and a message',
    async (...args) => {
      const ran = await cli(noCore, [...args, '--json'])
      expect(ran.exit).toBe(5)
      expect(ran.json).toMatchObject({ error: { code: 'disconnected' } })
      expect(ran.stderr).toContain('firebreakctl serve')
    }
  )

  it('models looks itself', async () => {
    const ran = await cli(noCore, ['models', '--folder', '.', '--json'])
    expect(ran.exit).toBe(0)
    expect(ran.json).toMatchObject({ models: [{ path: join(folder, 'own.gguf') }] })
    const people = await cli(noCore, ['models', '--folder', '.'])
    expect(people.stdout).toContain('own')
  })
})

describe('with a core', () => {
  it('status is the contract’s, whole', async () => {
    const { dir } = await withCore()
    const { exit, json } = await cli(dir, ['status', '--json'])
    expect(exit).toBe(0)
    const status = json as typeof sampleLive & { level: string; runners: unknown[] }
    expect(Object.keys(status)).toEqual(
      expect.arrayContaining(['memTotalBytes', 'memAvailableBytes', 'topology', 'gpu', 'pressure', 'guard'])
    )
    expect(status.level).toBe('calm')
    expect(status.ledger.reduce((sum, part) => sum + part.bytes, 0)).toBe(status.memTotalBytes)
    expect(status.runners).toHaveLength(1)
  })

  it('status for people starts with the sentence, and no process name reaches the terminal raw', async () => {
    const { dir } = await withCore()
    const { stdout } = await cli(dir, ['status'])
    expect(stdout.startsWith('35.0 GiB free for models. Desktop safe.\n')).toBe(true)
    const strip = /\[(.{60})\]/.exec(stdout)?.[1]
    expect(strip).toMatch(/^R{41}\.{19}$/)
    expect(stdout).not.toContain('\u001b')
    expect(stdout).toContain('some 0.5 %, full unknown')
  })

  it('lists', async () => {
    const { dir } = await withCore()
    expect((await cli(dir, ['runners', '--json'])).json).toMatchObject([
      { id: 'tiny', state: 'ready' },
      { state: 'found' }
    ])
    expect((await cli(dir, ['profiles', '--json'])).json).toMatchObject([{ id: 'tiny' }])
    expect((await cli(dir, ['models', '--json'])).json).toMatchObject({ models: [{ label: 'a' }] })
    for (const name of ['runners', 'profiles', 'models']) {
      expect((await cli(dir, [name])).stdout.trim()).not.toBe('')
    }
  })

  it.each([
    ['not-found', 2],
    ['model-missing', 2],
    ['model-invalid', 2],
    ['port-in-use', 2],
    ['refused', 3],
    ['already-running', 3],
    ['runner-missing', 4],
    ['runner-failed', 4],
    ['protocol-mismatch', 5],
    ['internal', 1]
  ] as const)('%s exits %i and passes the message and its detail on', async (code, exit) => {
    const { dir } = await withCore({
      'runners.start': async () => err({ code, message: 'what is wrong', detail: 'what to do' })
    })
    const ran = await cli(dir, ['start', 'x', '--json'])
    expect(ran.exit).toBe(exit)
    expect(ran.json).toEqual({ error: { code, message: 'what is wrong', detail: 'what to do' } })
    expect(ran.stderr).toContain('what is wrong')
    expect(ran.stderr).toContain('what to do')
  })

  it('logs prints the tail, or one document', async () => {
    const { dir } = await withCore()
    expect(await cli(dir, ['logs', 'tiny'])).toMatchObject({ exit: 0, stdout: 'one\ntwo\n' })
    expect((await cli(dir, ['logs', 'tiny', '--json'])).json).toEqual({
      id: 'tiny',
      text: 'one\ntwo\n',
      fromOffset: 0,
      nextOffset: 8
    })
    expect((await cli(dir, ['logs', 'nobody'])).exit).toBe(2)
  })

  it('serve prints the address of the running core', async () => {
    const { dir, core } = await withCore()
    expect((await cli(dir, ['serve', '--port', '1', '--no-open', '--json'])).json).toEqual({
      url: 'http://127.0.0.1:1/#token=t',
      port: 1
    })
    expect(core.calls.at(-1)).toEqual({ command: 'web.open', input: { port: 1 } })
  })
})

describe('start', () => {
  it('passes what was asked for, paths made absolute', async () => {
    const { dir, core } = await withCore()
    const asked = async (...args: string[]): Promise<unknown> => {
      expect((await cli(dir, ['start', ...args])).exit).toBe(0)
      return core.calls.at(-1)?.input
    }
    expect(await asked('tiny')).toEqual({ target: 'tiny' })
    expect(await asked('./own.gguf')).toEqual({ target: join(folder, 'own.gguf') })
    expect(await asked('own.gguf')).toEqual({ target: join(folder, 'own.gguf') })
    expect(await asked('other.gguf')).toEqual({ target: 'other.gguf' })
    expect(
      await asked(
        'tiny',
        '--runner',
        'llamacpp',
        '--ctx',
        '1',
        '--port=2',
        '--slots',
        '3',
        '--arg=-a',
        '--arg',
        'b'
      )
    ).toEqual({
      target: 'tiny',
      kind: 'llamacpp',
      settings: { contextTokens: 1, port: 2, parallelSlots: 3, extraArgs: ['-a', 'b'] }
    })
  })

  it('without --wait tells how it stands', async () => {
    const { dir } = await withCore()
    const ran = await cli(dir, ['start', 'tiny', '--json'])
    expect(ran.json).toMatchObject({ id: 'tiny', kind: 'llamacpp', state: 'starting', pids: [42] })
  })

  it('--wait returns when it is ready', async () => {
    const { dir, core } = await withCore()
    const ran = cli(dir, ['start', 'tiny', '--wait', '--json'])
    await until('the start', () => core.calls.some(({ command }) => command === 'runners.start'))
    core.emit('runner', sampleRunner('other', 'failed') as never)
    core.emit('runner', sampleRunner('tiny', 'loading') as never)
    core.emit('runner', sampleRunner('tiny', 'ready') as never)
    expect(await ran).toMatchObject({
      exit: 0,
      stderr: '',
      json: {
        id: 'tiny',
        kind: 'llamacpp',
        state: 'ready',
        pids: [42],
        url: 'http://127.0.0.1:8080',
        bytes: 2_147_483_648
      }
    })
  })

  it.each(['failed', 'lost', 'stopped'] as const)('--wait exits 4 when it is %s, with why', async (state) => {
    const { dir, core } = await withCore()
    const ran = cli(dir, ['start', 'tiny', '--wait', '--json'])
    await until('the start', () => core.calls.some(({ command }) => command === 'runners.start'))
    core.emit('runner', sampleRunner('tiny', state, 'was stopped: out of memory') as never)
    const { exit, stderr, json } = await ran
    expect(exit).toBe(4)
    expect(stderr).toContain('was stopped')
    expect(json).toMatchObject({ error: { code: 'runner-failed' } })
  })

  it('--wait does not miss a runner that was ready before the answer', async () => {
    const { dir } = await withCore({
      'runners.start': async () => {
        running?.core.emit('runner', sampleRunner('tiny', 'ready') as never)
        return ok(sampleRunner('tiny', 'starting') as never)
      }
    })
    expect((await cli(dir, ['start', 'tiny', '--wait'])).exit).toBe(0)
  })

  it('--wait exits 5 when the core ends, and says that the runner goes on', async () => {
    const { dir, core } = await withCore()
    const ran = cli(dir, ['start', 'tiny', '--wait'])
    await until('the start', () => core.calls.some(({ command }) => command === 'runners.start'))
    core.emit('runner', sampleRunner('tiny', 'loading') as never)
    running?.server.dispose()
    expect(await ran).toMatchObject({ exit: 5 })
  })
})

describe('stop', () => {
  it('--wait tells what came back', async () => {
    const { dir } = await withCore()
    const ran = await cli(dir, ['stop', 'tiny', '--wait', '--json'])
    expect(ran).toMatchObject({ exit: 0, stderr: '' })
    expect(ran.json).toEqual({ id: 'tiny', bytesReturned: sampleStop.bytesReturned, seconds: 1.5, left: [] })
  })

  it('--wait exits 4 and names who still holds memory', async () => {
    const { dir } = await withCore({
      'runners.stop': async () =>
        ok({
          ...sampleStop,
          bytesReturned: 1_073_741_824,
          left: [{ pid: 77, name: 'worker', bytes: 1_073_741_824 }],
          memoryIsBack: false,
          text: 'not all is back'
        })
    })
    const ran = await cli(dir, ['stop', 'tiny', '--wait', '--json'])
    expect(ran.exit).toBe(4)
    expect(ran.json).toMatchObject({ id: 'tiny', left: [{ pid: 77, name: 'worker' }] })
    expect(ran.stderr).toContain('1.0 GiB of 2.0 GiB')
    expect(ran.stderr).toContain('worker (pid 77)')
  })

  it('without --wait returns when it is stopping', async () => {
    let finish = (): void => undefined
    const { dir } = await withCore({
      'runners.stop': async () => {
        running?.core.emit('runner', sampleRunner('tiny', 'stopping') as never)
        await new Promise<void>((done) => (finish = done))
        return ok(sampleStop as never)
      }
    })
    expect((await cli(dir, ['stop', 'tiny', '--json'])).json).toEqual({ id: 'tiny', state: 'stopping' })
    finish()
  })

  it('without --wait still tells what is wrong', async () => {
    const { dir } = await withCore()
    expect(await cli(dir, ['stop', 'nobody'])).toMatchObject({ exit: 2 })
  })
})

describe('as a process', () => {
  interface Process {
    readonly child: ReturnType<typeof spawn>
    readonly out: () => string
    readonly err: () => string
    readonly ended: Promise<number | NodeJS.Signals | null>
  }
  function launch(runtimeDir: string, args: readonly string[]): Process {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { ...process.env, FIREBREAK_RUNTIME_DIR: runtimeDir },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let out = ''
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    return {
      child,
      out: () => out,
      err: () => said,
      ended: new Promise((done) => child.once('close', (code, signal) => done(signal ?? code)))
    }
  }
  /** A log that grows, like the supervisor's. */
  function growingLog(): { log: { text: string }; handlers: Partial<Handlers> } {
    const log = { text: 'first\n' }
    return {
      log,
      handlers: {
        'runners.log': async ({ offset, maxBytes }) => {
          const from = offset ?? 0
          const text = log.text.slice(from, from + maxBytes)
          return ok({ text, fromOffset: from, nextOffset: from + text.length })
        }
      }
    }
  }

  it('finds the core by its environment, writes to the right streams, exits with the code', async () => {
    const { dir } = await withCore()
    const good = launch(dir, ['status', '--json'])
    expect(await good.ended).toBe(0)
    expect(JSON.parse(good.out())).toMatchObject({ level: 'calm' })
    expect(good.err()).toBe('')
    const bad = launch(noCore, ['status'])
    expect(await bad.ended).toBe(5)
    expect(bad.out()).toBe('')
    expect(bad.err()).toContain('not running')
  })

  it('logs -f goes on until Ctrl-C and exits 0', async () => {
    const { log, handlers } = growingLog()
    const { dir, core } = await withCore(handlers)
    const follower = launch(dir, ['logs', 'tiny', '-f'])
    await until('the first line', () => follower.out() === 'first\n')
    for (const line of ['second\n', 'third\n']) {
      log.text += line
      core.emit('log', { id: 'tiny', text: line, fromOffset: 0, nextOffset: log.text.length })
      await until(line, () => follower.out().endsWith(line))
    }
    follower.child.kill('SIGINT')
    expect(await follower.ended).toBe(0)
    expect(follower.out()).toBe('first\nsecond\nthird\n')
    expect(follower.err()).toBe('')
    await until('the subscription to end', () => core.listenerCount() === 0)
  })

  it('logs -f is quiet when nobody reads any more', async () => {
    const { log, handlers } = growingLog()
    const { dir, core } = await withCore(handlers)
    const follower = launch(dir, ['logs', 'tiny', '-f'])
    await until('the first line', () => follower.out() === 'first\n')
    follower.child.stdout?.destroy()
    let ended = false
    void follower.ended.then(() => (ended = true))
    await until('the end', () => {
      log.text += 'more\n'
      core.emit('log', { id: 'tiny', text: 'more\n', fromOffset: 0, nextOffset: log.text.length })
      return ended
    })
    expect(await follower.ended).toBe(0)
    expect(follower.err()).toBe('')
  })

  it('logs -f exits 5 when the core ends', async () => {
    const { handlers } = growingLog()
    const { dir } = await withCore(handlers)
    const follower = launch(dir, ['logs', 'tiny', '-f'])
    await until('the first line', () => follower.out() === 'first\n')
    running?.server.dispose()
    expect(await follower.ended).toBe(5)
    expect(follower.err()).toContain('goes on without it')
  })
})

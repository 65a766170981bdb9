import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { MachineView, Runners } from '../../src/main/runners/supervisor/types.ts'
import type { Settings } from '../../src/shared/settings/schema.ts'
import { fakeServer } from '../support/fake-server.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { processRow } from '../support/fake-machine.ts'
import { makeRunnerHome, untilState, viewOf, type RunnerHome } from '../support/runner-home.ts'
import { isAlive, until } from '../support/until.ts'

const MIB = 1_048_576
const NODE = process.execPath
/** Above the kernel's largest pid: no signal reaches anybody. */
const NOBODYS_PID = 4_194_400

describe('runners when the machine is in trouble', () => {
  let home: RunnerHome
  let model: string
  let server: string
  let notices: string[]
  const open = (changes: Partial<Settings['llamacpp']> = {}, machine: Partial<MachineView> = {}): Runners => {
    const runners = home.openRunners({ stopTimeoutS: 1, ...changes }, machine)
    runners.onNotice(({ text }) => notices.push(text))
    return runners
  }
  const stopAll = async (runners: Runners): Promise<void> => {
    await runners.stop('tiny')
    runners.dispose()
  }
  beforeAll(() => {
    home = makeRunnerHome()
  })
  beforeEach(() => {
    notices = []
    model = makeGguf(join(home.dir, 'tiny.gguf'))
    server = home.script('server', fakeServer(NODE))
  })
  afterEach(() => {
    home.warnings.splice(0)
    rmSync(join(home.dir, 'data'), { recursive: true, force: true })
    mkdirSync(join(home.dir, 'data'), { mode: 0o700 })
  })
  afterAll(() => home.remove())

  test('a port that another program takes first is no failure: it is launched on the next', async () => {
    const wanted = join(home.dir, 'wanted')
    const go = join(home.dir, 'go')
    // The first time it tells its port and waits, so that somebody else can open it first.
    const late = home.script(
      'late',
      `#!/bin/sh
if [ ! -e '${wanted}' ]; then
  previous=
  for argument; do [ "$previous" = --port ] && port=$argument; previous=$argument; done
  echo "$port" > '${wanted}.part' && mv '${wanted}.part' '${wanted}'
  while [ ! -e '${go}' ]; do sleep 0.02; done
fi
exec '${server}' "$@"
`
    )
    const runners = open()
    const thief = createServer()
    try {
      const started = await runners.start(model, { binary: late })
      expect(started).toMatchObject({ ok: true })
      const port = await until('the port it is to open', () =>
        existsSync(wanted) ? Number(readFileSync(wanted, 'utf8')) : null
      )
      await new Promise<void>((done) => thief.listen(port, '127.0.0.1', done))
      writeFileSync(go, '')
      const ready = await untilState(runners, 'tiny', 'ready')
      expect(ready.port).toBeGreaterThan(port)
      expect(ready.url).toContain(String(ready.port))
      expect(ready.restarts).toBe(0)
    } finally {
      thief.close()
      await stopAll(runners)
    }
  })

  test('one that was to have this very port fails, and says so', async () => {
    const thief = createServer()
    await new Promise<void>((done) => thief.listen(0, '127.0.0.1', done))
    const address = thief.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const runners = open()
    try {
      expect(await runners.start(model, { binary: server, port })).toMatchObject({
        error: { code: 'port-in-use' }
      })
    } finally {
      thief.close()
      await stopAll(runners)
    }
  })

  test('a start while a paused runner is being taken back finds it running: one process', async () => {
    const first = open()
    await first.start(model, { binary: server })
    const { pids } = await untilState(first, 'tiny', 'ready')
    const [pid = 0] = pids
    first.dispose()
    process.kill(pid, 'SIGSTOP')
    const second = open()
    const adoption = second.adoptLeftRunning()
    expect(await second.start('tiny', undefined)).toMatchObject({ error: { code: 'already-running' } })
    expect(viewOf(second, 'tiny')).toMatchObject({ state: 'loading', pids })
    process.kill(pid, 'SIGCONT')
    expect(await adoption).toHaveLength(1)
    await untilState(second, 'tiny', 'ready')
    await stopAll(second)
    expect(isAlive(pid)).toBe(false)
  })

  test('one that was ready before is not ended for being slow to answer its new core', async () => {
    const first = open()
    await first.start(model, { binary: server })
    const [pid = 0] = (await untilState(first, 'tiny', 'ready')).pids
    first.dispose()
    process.kill(pid, 'SIGSTOP')
    const second = open({ loadTimeoutS: 0.1 })
    await second.adoptLeftRunning()
    await until('the words', () => viewOf(second, 'tiny').text.startsWith('Paused.'))
    expect(viewOf(second, 'tiny').frozen).toBe(true)
    expect(isAlive(pid)).toBe(true)
    process.kill(pid, 'SIGCONT')
    await untilState(second, 'tiny', 'ready')
    await stopAll(second)
  })

  test('what could not be written down is said, tried again, and found by its mark in the next core', async () => {
    const stateFile = join(home.dir, 'data', 'runners.json')
    mkdirSync(join(stateFile, 'in-the-way'), { recursive: true })
    const first = open()
    await first.start(model, { binary: server })
    const { pids, port } = await untilState(first, 'tiny', 'ready')
    expect(notices).toEqual([expect.stringContaining('could not be written')])
    first.dispose()
    rmSync(stateFile, { recursive: true })

    const second = open()
    expect(await second.adoptLeftRunning()).toMatchObject([{ id: 'tiny', state: 'ready', pids, port }])
    second.dispose()

    // And a core that goes on writes it as soon as it can.
    rmSync(stateFile)
    mkdirSync(join(stateFile, 'in-the-way'), { recursive: true })
    const third = open()
    await third.adoptLeftRunning()
    rmSync(stateFile, { recursive: true })
    await until('the record', () => {
      try {
        return readFileSync(stateFile, 'utf8').includes(String(pids[0]))
      } catch {
        return false
      }
    })
    await stopAll(third)
  })

  test('processes that cannot be ended are kept in sight: no second copy until they are gone', async () => {
    let isStuck = true
    const runners = open(
      {},
      {
        processes() {
          const real = home.machine.processes()
          const [root] = runners.list().flatMap((view) => view.pids)
          const group = root === undefined || root === NOBODYS_PID ? NOBODYS_PID : root
          const stuck = processRow({ pid: NOBODYS_PID, processGroupId: group, name: 'stuck', state: 'D' })
          return isStuck ? [...real, stuck] : real
        }
      }
    )
    await runners.start(model, { binary: server })
    await untilState(runners, 'tiny', 'ready')
    await until('the stuck one', () => viewOf(runners, 'tiny').pids.includes(NOBODYS_PID))
    const stopped = await runners.stop('tiny')
    expect(stopped).toMatchObject({ ok: true, value: { left: [{ pid: NOBODYS_PID }], memoryIsBack: false } })
    expect(viewOf(runners, 'tiny')).toMatchObject({ state: 'failed', pids: [NOBODYS_PID] })
    expect(await runners.start('tiny', undefined)).toMatchObject({
      error: { code: 'refused', message: expect.stringContaining(`stuck (pid ${NOBODYS_PID})`) }
    })
    expect(readFileSync(join(home.dir, 'data', 'runners.json'), 'utf8')).toContain(String(NOBODYS_PID))
    isStuck = false
    await until('it to be forgotten', () => viewOf(runners, 'tiny').pids.length === 0)
    expect(await runners.start('tiny', { binary: server })).toMatchObject({ ok: true })
    await untilState(runners, 'tiny', 'ready')
    await stopAll(runners)
  })

  test('a full disk: refused, with the folder and what to do, and nothing runs', async () => {
    mkdirSync(join(home.dir, 'data', 'logs'), { recursive: true })
    symlinkSync('/dev/full', join(home.dir, 'data', 'logs', 'tiny.log'))
    const runners = open()
    const started = await runners.start(model, { binary: server })
    expect(started).toMatchObject({ ok: false, error: { code: 'refused' } })
    if (!started.ok)
      expect(started.error.message).toMatch(/data\/logs, there is no space left\. Free some space/)
    runners.dispose()
  })

  test('a driver that never reported its memory: the stop says that nothing is proven', async () => {
    const runners = open({}, { gpuBytes: () => 'unknown', freshGpu: async () => false })
    await runners.start(model, { binary: server })
    await untilState(runners, 'tiny', 'ready')
    const stopped = await runners.stop('tiny')
    expect(stopped).toMatchObject({ ok: true, value: { left: [], memoryIsBack: false } })
    if (stopped.ok) expect(stopped.value.text).toContain('did not report its GPU memory')
    runners.dispose()
  })

  test('a driver that fell silent: what it reported before is what must come back', async () => {
    const reported = { bytes: (64 * MIB) as number | 'unknown' }
    const root = (pid: number): boolean => viewOf(runners, 'tiny').pids[0] === pid
    const runners = open(
      {},
      {
        gpuBytes: (pid) => (reported.bytes === 'unknown' ? 'unknown' : root(pid) ? reported.bytes : 0),
        freshGpu: async () => false
      }
    )
    await runners.start(model, { binary: server })
    await untilState(runners, 'tiny', 'ready')
    await until('the figure', () => viewOf(runners, 'tiny').bytes.gpuBytes === 64 * MIB)
    reported.bytes = 'unknown'
    const stopped = await runners.stop('tiny')
    if (!stopped.ok) throw new Error(stopped.error.message)
    expect(stopped.value.bytesExpected).toBeGreaterThan(64 * MIB)
    expect(stopped.value.text).toContain('the GPU memory it had reported before was counted')
    runners.dispose()
  })

  test('a crashed one is started again only when its memory is back', async () => {
    const memory = { available: 10 * MIB, risePerLook: 0 }
    const holding = home.script(
      'holding',
      fakeServer(NODE, { atStart: `globalThis.held = Buffer.alloc(${256 * MIB}, 1)` })
    )
    const runners = open({}, { availableBytes: () => (memory.available += memory.risePerLook) })
    await runners.start(model, { binary: holding })
    const { url } = await untilState(runners, 'tiny', 'ready')
    await until('its memory to be seen', () => viewOf(runners, 'tiny').bytes.hostBytes > 256 * MIB)
    await fetch(`${url}/crash`).catch(() => null)
    await untilState(runners, 'tiny', 'restarting')
    const crashedAt = performance.now()
    // Longer than the pause before the first try: without the wait it would be back by now.
    await until('the pause to be over', () => performance.now() - crashedAt > 3_000)
    expect(viewOf(runners, 'tiny').state).toBe('restarting')
    memory.risePerLook = 512 * MIB
    await untilState(runners, 'tiny', 'ready')
    await stopAll(runners)
  })

  test('a server that only logs, as it does for each of our questions, is no load that goes on', async () => {
    const chatty = "setInterval(() => console.log('GET /health 503'), 50)"
    const loading = home.script('chatty', fakeServer(NODE, { ready: false, atStart: chatty }))
    const runners = open({ loadTimeoutS: 0.5 })
    await runners.start(model, { binary: loading })
    const failed = await until('the failure', () => {
      const view = viewOf(runners, 'tiny')
      return view.state === 'failed' && view
    })
    expect(failed.text).toContain('it wrote to its log, but no memory was filled for 5 s')
    runners.dispose()
  })

  test('a pipe as a model is refused, and holds up nobody', async () => {
    const runners = open()
    const pipe = join(home.dir, 'pipe.gguf')
    execFileSync('mkfifo', [pipe])
    expect(await runners.start(pipe, { binary: server })).toMatchObject({ error: { code: 'model-invalid' } })
    expect(await runners.start(model, { binary: server })).toMatchObject({ ok: true })
    await stopAll(runners)
  })

  test('a profile may say ~: the full path is kept', async () => {
    const runners = open()
    await runners.start(model, { binary: server })
    const [profile] = runners.profiles()
    if (!profile) throw new Error('no profile')
    const saved = await runners.saveProfile({ ...profile, modelPath: '~/tiny.gguf' })
    expect(saved).toMatchObject({ ok: true, value: { modelPath: model } })
    await stopAll(runners)
  })
})

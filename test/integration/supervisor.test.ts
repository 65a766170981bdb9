import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Runners } from '../../src/main/runners/supervisor/types.ts'
import type { LlamaCppSettings, RunnerView } from '../../src/shared/model/runner.ts'
import { daemonChild, fakeServer, holdingChild } from '../support/fake-server.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { makeRunnerHome, untilState, viewOf, type RunnerHome } from '../support/runner-home.ts'
import { isAlive, until } from '../support/until.ts'

const MIB = 1_048_576
const HELD_BYTES = 256 * MIB
const NODE = process.execPath

describe('supervisor with misbehaving servers', () => {
  let home: RunnerHome
  let runners: Runners
  let model: string

  beforeAll(() => {
    home = makeRunnerHome()
    model = makeGguf(join(home.dir, 'tiny.gguf'))
  })
  afterAll(() => home.remove())
  beforeEach(() => {
    runners = home.openRunners({ loadTimeoutS: 2, stopTimeoutS: 1 })
  })
  afterEach(() => {
    expect(runners.holders()).toEqual([])
    runners.dispose()
    expect(home.warnings.splice(0)).toEqual([])
  })

  async function started(binary: string, settings: Partial<LlamaCppSettings> = {}): Promise<string> {
    const result = await runners.start(model, { ...settings, binary })
    if (!result.ok) throw new Error(result.error.message)
    return result.value.id
  }
  const untilFailed = (id: string): Promise<RunnerView> =>
    until('the failure', () => {
      const view = viewOf(runners, id)
      return view.state === 'failed' && view.pids.length === 0 && view
    })
  const pidIn = (name: string): Promise<number> =>
    until(`a pid in ${name}`, () => {
      try {
        return home.pidFile(name) || null
      } catch {
        return null
      }
    })

  test('never becomes ready: stopped after the time without progress, with what to do', async () => {
    const id = await started(home.script('sleeper', '#!/bin/sh\nexec sleep 600\n'))
    const [pid = 0] = (await untilState(runners, id, 'loading')).pids
    const failed = await untilFailed(id)
    expect(failed.text).toMatch(/never became ready: no progress for 2 s.*raise the load timeout/)
    expect(isAlive(pid)).toBe(false)
  })

  test('a server that answers 503 for ever never becomes ready either', async () => {
    const id = await started(home.script('loading', fakeServer(NODE, { ready: false })))
    expect((await untilFailed(id)).text).toContain('never became ready')
  })

  test('ends by itself with code 0', async () => {
    const id = await started(home.script('done', '#!/bin/sh\nexit 0\n'))
    expect((await untilFailed(id)).text).toContain('ended by itself with code 0 before it was ready')
  })

  test('a program that cannot be executed is a clear error, and nothing is left', async () => {
    const bad = home.script('bad', '#!/nowhere/sh\n')
    expect(await runners.start(model, { binary: bad })).toMatchObject({
      ok: false,
      error: { code: 'runner-missing' }
    })
    expect(await runners.start(model, { binary: '/nowhere/llama-server' })).toMatchObject({
      ok: false,
      error: { code: 'runner-missing', message: expect.stringContaining('/nowhere/llama-server') }
    })
  })

  test('ignores SIGTERM: killed after the grace, children too', async () => {
    const script = "#!/bin/sh\ntrap '' TERM\nsleep 600 &\nwhile :; do sleep 0.1; done\n"
    const id = await started(home.script('stubborn', script))
    const pids = await until('its children', () => {
      const view = viewOf(runners, id)
      return view.pids.length > 1 && view.pids
    })
    const stopped = await runners.stop(id)
    expect(stopped).toMatchObject({ ok: true, value: { left: [] } })
    if (stopped.ok) expect(stopped.value.seconds).toBeGreaterThanOrEqual(1)
    expect(pids.filter(isAlive)).toEqual([])
  })

  test('a child in a session of its own is counted, and goes with a stop', async () => {
    const child = holdingChild(join(home.dir, 'child.pid'), HELD_BYTES)
    const id = await started(home.script('parent', fakeServer(NODE, { atStart: child })))
    await untilState(runners, id, 'ready')
    const childPid = await pidIn('child.pid')
    await until('the child to be seen', () => viewOf(runners, id).pids.includes(childPid))
    const stopped = await runners.stop(id)
    expect(stopped).toMatchObject({ ok: true, value: { left: [], memoryIsBack: true } })
    if (stopped.ok) expect(stopped.value.bytesExpected).toBeGreaterThan(HELD_BYTES)
    expect(isAlive(childPid)).toBe(false)
  })

  test('a child that survives its killed parent is ended, and its memory comes back', async () => {
    const child = holdingChild(join(home.dir, 'orphan.pid'), HELD_BYTES)
    const id = await started(home.script('killed', fakeServer(NODE, { atStart: child })))
    const { pids } = await untilState(runners, id, 'ready')
    const childPid = await pidIn('orphan.pid')
    await until('the child to be seen', () => viewOf(runners, id).pids.includes(childPid))
    const before = home.machine.availableBytes()
    process.kill(pids[0] ?? 0, 'SIGKILL')
    const failed = await untilFailed(id)
    expect(failed.text).toMatch(
      /was killed \(SIGKILL\) from outside; .* A process it left behind was ended\.$/
    )
    expect(isAlive(childPid)).toBe(false)
    await until('its memory', () => home.machine.availableBytes() - before > 0.9 * HELD_BYTES, 30_000)
  })

  test('a daemon that nobody ever saw as its child is found by its mark', async () => {
    const child = daemonChild(join(home.dir, 'daemon.pid'), HELD_BYTES)
    const id = await started(home.script('daemon', fakeServer(NODE, { atStart: child })))
    await untilState(runners, id, 'ready')
    const childPid = await pidIn('daemon.pid')
    const stopped = await runners.stop(id)
    expect(stopped).toMatchObject({ ok: true, value: { left: [], memoryIsBack: true } })
    expect(isAlive(childPid)).toBe(false)
  })

  test('a start during a stop is refused, a second stop joins the first, a third finds nothing', async () => {
    const script = "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.1; done\n"
    const id = await started(home.script('slow', script))
    await untilState(runners, id, 'loading')
    const first = runners.stop(id)
    const second = runners.stop(id)
    expect(viewOf(runners, id).state).toBe('stopping')
    expect(await runners.start(id, undefined)).toMatchObject({ ok: false, error: { code: 'refused' } })
    expect(await first).toEqual(await second)
    expect(await runners.stop(id)).toMatchObject({ ok: false, error: { code: 'not-running' } })
  })

  test('a second start is told that it runs already', async () => {
    const script = home.script('server', fakeServer(NODE))
    const [first, second] = await Promise.all([
      runners.start(model, { binary: script }),
      runners.start(model, { binary: script })
    ])
    expect([first.ok, second.ok].sort()).toEqual([false, true])
    expect([first, second].find((result) => !result.ok)).toMatchObject({ error: { code: 'already-running' } })
    const id = 'tiny'
    await untilState(runners, id, 'ready')
    expect(await runners.removeProfile(id)).toMatchObject({ ok: false, error: { code: 'refused' } })
    await runners.stop(id)
  })

  test('a stop right after a start leaves nothing behind', async () => {
    const result = runners.start(model, { binary: home.script('server', fakeServer(NODE)) })
    const stopped = runners.stop('tiny')
    expect(await result).toMatchObject({ ok: true })
    expect(await stopped).toMatchObject({ ok: true, value: { left: [] } })
    expect(viewOf(runners, 'tiny')).toMatchObject({ state: 'stopped', pids: [] })
  })

  test('a crash after ready is tried again; a stop while it waits ends that', async () => {
    const id = await started(home.script('server', fakeServer(NODE)))
    const { url } = await untilState(runners, id, 'ready')
    await fetch(`${url}/crash`).catch(() => null)
    const waiting = await untilState(runners, id, 'restarting')
    expect(waiting.text).toContain('ended with code 3')
    const again = await untilState(runners, id, 'ready')
    expect(again.restarts).toBe(1)
    await fetch(`${again.url}/crash`).catch(() => null)
    await untilState(runners, id, 'restarting')
    expect(await runners.stop(id)).toMatchObject({ ok: true, value: { bytesExpected: 0 } })
    expect(viewOf(runners, id).state).toBe('stopped')
  })

  test('ended by somebody else (SIGTERM): not started again', async () => {
    const id = await started(home.script('server', fakeServer(NODE)))
    const { pids } = await untilState(runners, id, 'ready')
    process.kill(pids[0] ?? 0, 'SIGTERM')
    expect((await untilFailed(id)).text).toContain('was ended (SIGTERM) from outside')
  })

  test('logs and state are for the user alone', async () => {
    const id = await started(home.script('server', fakeServer(NODE)))
    await untilState(runners, id, 'ready')
    for (const file of [
      join('data', 'logs', `${id}.log`),
      join('data', 'runners.json'),
      join('config', 'profiles', `${id}.json`)
    ]) {
      expect(statSync(join(home.dir, file)).mode & 0o777, file).toBe(0o600)
    }
    await runners.stop(id)
  })
})

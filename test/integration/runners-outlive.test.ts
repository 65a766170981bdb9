import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { listeningInodes } from '../../src/main/runners/supervisor/ports.ts'
import { fakeServer, holdingChild } from '../support/fake-server.ts'
import { llamaServerOrSkip, needsLlamaServer } from '../support/llama-server.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { makeRunnerHome, untilState, viewOf, type RunnerHome } from '../support/runner-home.ts'
import { isAlive, until } from '../support/until.ts'

const MIB = 1_048_576
/** A stop of a small runner may wait out its 30 s while other programs take memory at the same time. */
const CYCLES_TIMEOUT_MS = 360_000
const found = await llamaServerOrSkip()
const binary = 'path' in found ? found.path : ''

describe('runners outlive the core', () => {
  beforeEach(needsLlamaServer(found))
  let home: RunnerHome
  let model: string
  beforeAll(() => {
    home = makeRunnerHome()
    model = makeGguf(join(home.dir, 'tiny.gguf'))
  })
  afterAll(() => home.remove())

  test('a disposed core leaves its runner, the next one takes it back, stops it, and sees its end', async () => {
    const first = home.openRunners({ binary })
    await first.adoptLeftRunning()
    expect(await first.start(model, undefined)).toMatchObject({ ok: true })
    const before = await untilState(first, 'tiny', 'ready')
    first.dispose()

    const second = home.openRunners({ binary })
    const [adopted] = await second.adoptLeftRunning()
    expect(adopted).toMatchObject({
      id: 'tiny',
      state: 'ready',
      pids: before.pids,
      url: before.url,
      startedAtMs: before.startedAtMs,
      readyAtMs: before.readyAtMs,
      commandLine: before.commandLine
    })
    expect(second.holders()).toEqual([{ id: 'tiny', label: 'tiny', pids: before.pids }])
    expect(await second.start('tiny', undefined)).toMatchObject({ error: { code: 'already-running' } })
    expect(await second.stop('tiny')).toMatchObject({ ok: true, value: { left: [] } })
    expect(before.pids.filter(isAlive)).toEqual([])
    second.dispose()
  })

  test('the end of an adopted runner is seen, though no exit code can be had', async () => {
    const first = home.openRunners({ binary })
    await first.start(model, undefined)
    const { pids } = await untilState(first, 'tiny', 'ready')
    first.dispose()
    const second = home.openRunners({ binary })
    await second.adoptLeftRunning()
    process.kill(pids[0] ?? 0, 'SIGKILL')
    const failed = await until('the failure', () => {
      const view = viewOf(second, 'tiny')
      return view.state === 'failed' && view
    })
    expect(failed.text).toContain('how is not known')
    expect(failed.text).toContain('not started again by itself')
    await until('its pids to be forgotten', () => viewOf(second, 'tiny').pids.length === 0)
    second.dispose()
  })

  test('one that ended meanwhile is lost, and what it left behind is ended', async () => {
    const childFile = join(home.dir, 'child.pid')
    const script = home.script(
      'server',
      fakeServer(process.execPath, { atStart: holdingChild(childFile, 64 * MIB) })
    )
    const first = home.openRunners()
    await first.start(model, { binary: script })
    const { pids } = await untilState(first, 'tiny', 'ready')
    const root = pids[0] ?? 0
    await until('its child', () => viewOf(first, 'tiny').pids.length === 2)
    const child = viewOf(first, 'tiny').pids.find((pid) => pid !== root) ?? 0
    first.dispose()
    process.kill(root, 'SIGKILL')
    await until('its end', () => !isAlive(root))
    expect(isAlive(child)).toBe(true)

    const second = home.openRunners()
    const notices: string[] = []
    second.onNotice((notice) => notices.push(notice.text))
    expect(await second.adoptLeftRunning()).toEqual([])
    expect(viewOf(second, 'tiny')).toMatchObject({ state: 'lost', pids: [] })
    expect(notices.join()).toContain('ended while Firebreak was not running')
    expect(notices.join()).toContain('left behind was ended')
    expect(isAlive(child)).toBe(false)
    second.dispose()
  })

  test('a state file that cannot be read is said, and loses no profile', async () => {
    writeFileSync(join(home.dir, 'data', 'runners.json'), '{"version":1,"runners":[{"id"')
    const runners = home.openRunners()
    const notices: string[] = []
    runners.onNotice((notice) => notices.push(notice.text))
    expect(await runners.adoptLeftRunning()).toEqual([])
    expect(notices).toHaveLength(1)
    expect(runners.list().map((view) => view.id)).toEqual(['tiny'])
    runners.dispose()
  })

  test(
    'ten starts and stops leave no process, descriptor, listener or file behind',
    { timeout: CYCLES_TIMEOUT_MS },
    async () => {
      const runners = home.openRunners({ binary })
      const openFds = (): string[] =>
        readdirSync('/proc/self/fd').map((fd) => {
          try {
            return readlinkSync(`/proc/self/fd/${fd}`).replace(/\d+/g, 'N')
          } catch {
            return 'gone'
          }
        })
      const files = (): string[] => readdirSync(home.dir, { recursive: true }).map(String).sort()
      const ports = new Set<number>()
      const pids = new Set<number>()
      const cycle = async (): Promise<void> => {
        const result = await runners.start('tiny', undefined)
        if (!result.ok) throw new Error(result.error.message)
        const view = await untilState(runners, 'tiny', 'ready')
        ports.add(view.port ?? 0)
        for (const pid of view.pids) pids.add(pid)
        expect(await runners.stop('tiny')).toMatchObject({ ok: true, value: { left: [] } })
      }
      await cycle()
      const [fdsBefore, filesBefore] = [openFds().sort(), files()]
      for (let round = 2; round <= 10; round += 1) await cycle()
      expect(openFds().sort()).toEqual(fdsBefore)
      expect(files()).toEqual(filesBefore)
      expect(pids.size).toBe(10)
      expect([...pids].filter(isAlive)).toEqual([])
      expect([...ports].flatMap((port) => [...listeningInodes('/proc', port)])).toEqual([])
      expect(JSON.parse(readFileSync(join(home.dir, 'data', 'runners.json'), 'utf8'))).toMatchObject({
        runners: []
      })
      runners.dispose()
    }
  )
})

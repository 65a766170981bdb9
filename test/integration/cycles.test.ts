import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { listeningInodes } from '../../src/main/runners/supervisor/ports.ts'
import { somePort } from '../support/discovery-home.ts'
import { llamaServerOrSkip, needsLlamaServer } from '../support/llama-server.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { makeRunnerHome, untilState, type RunnerHome } from '../support/runner-home.ts'
import { isAlive } from '../support/until.ts'

const GIB = 1_073_741_824
const CYCLES = 50
/** About 30 s where nothing else runs; ten times as slow a machine still passes. */
const TIMEOUT_MS = 300_000
const NAMES = ['left', 'right']
const found = await llamaServerOrSkip()
const binary = 'path' in found ? found.path : ''

describe('fifty starts and stops of the real llama-server', () => {
  beforeEach(needsLlamaServer(found))
  let home: RunnerHome
  beforeAll(() => {
    home = makeRunnerHome()
    for (const name of NAMES) makeGguf(join(home.dir, `${name}.gguf`))
  })
  afterAll(() => home.remove())

  test('leave no process, descriptor, listener or file behind', { timeout: TIMEOUT_MS }, async () => {
    // Memory that always rises: the proof of its return is another test's, and would wait for other programs here.
    let available = GIB
    const runners = home.openRunners({ binary }, { availableBytes: () => (available += GIB) })
    const pids = new Set<number>()
    const ports = new Set<number>()
    const cycle = async (name: string): Promise<void> => {
      const target = pids.size < NAMES.length ? join(home.dir, `${name}.gguf`) : name
      // A port of the system's choice: the usual one is what every other test on this machine takes, too.
      const started = await runners.start(target, { contextTokens: 256, port: await somePort() })
      if (!started.ok) throw new Error(started.error.message)
      const view = await untilState(runners, name, 'ready')
      ports.add(view.port ?? 0)
      for (const pid of view.pids) pids.add(pid)
      expect(await runners.stop(name)).toMatchObject({ ok: true, value: { left: [] } })
    }
    for (const name of NAMES) await cycle(name)
    const before = { descriptors: descriptors(), files: filesIn(home.dir) }
    const rounds = CYCLES / NAMES.length - 1
    await Promise.all(
      NAMES.map(async (name) => {
        for (let round = 0; round < rounds; round += 1) await cycle(name)
      })
    )
    expect(descriptors()).toEqual(before.descriptors)
    expect(filesIn(home.dir)).toEqual(before.files)
    expect(pids.size).toBe(CYCLES)
    expect([...pids].filter(isAlive)).toEqual([])
    expect([...ports].flatMap((port) => [...listeningInodes('/proc', port)])).toEqual([])
    expect(JSON.parse(readFileSync(join(home.dir, 'data', 'runners.json'), 'utf8'))).toMatchObject({
      runners: []
    })
    runners.dispose()
  })
})

/** What each open descriptor of this process is; numbers of sockets and pipes differ from time to time. */
const descriptors = (): readonly string[] =>
  readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).replace(/\d+/g, 'N')
      } catch {
        return 'gone'
      }
    })
    .sort()

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true }).map(String).sort()

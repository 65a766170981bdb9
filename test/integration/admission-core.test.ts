import { totalmem } from 'node:os'
import { join } from 'node:path'
import { existsSync, readdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli } from '../../src/cli/run.ts'
import { makeHome, startHeadless, type HeadlessCore, type Home } from '../support/headless-core.ts'
import { llamaServerOrSkip } from '../support/llama-server.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { until } from '../support/until.ts'

const READY_DEADLINE_MS = 60_000
/** What the server takes for 240 kB of model is tens of MiB, and a GiB of prompt cache at its peak. */
const LEAST_BYTES = 1_048_576
const MOST_BYTES = 2 * 1024 ** 3
/** Enough for the model on a machine without any other program, so that a wait for it may end. */
const BESIDE_BYTES = 512 * 1_048_576

let home: Home
let core: HeadlessCore
let model: string
let why: string | null = null

beforeAll(async () => {
  const found = await llamaServerOrSkip()
  if ('skip' in found) {
    why = found.skip
    return
  }
  home = makeHome({
    // Nearly all of it is kept for the desktop: nothing fits. The guard looks on, as it would hold every launch.
    version: 2,
    reserveBytes: totalmem() - BESIDE_BYTES,
    guard: { mode: 'observe' },
    llamacpp: { binary: found.path }
  })
  model = makeGguf(join(home.dir, 'small.gguf'))
  core = await startHeadless(home)
}, READY_DEADLINE_MS)
afterAll(async () => {
  if (why !== null) return
  await core.end()
  home.remove()
})

async function cli(...args: readonly string[]): Promise<{ exit: number; stdout: string; stderr: string }> {
  let stdout = ''
  let stderr = ''
  const exit = await runCli(args, {
    env: home.env,
    workingDir: home.dir,
    runtimeDir: join(home.dir, 'run'),
    version: '1.2.3',
    signal: new AbortController().signal,
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text)
  })
  return { exit, stdout, stderr }
}

test('a real core refuses with its numbers, and starts anyway by name', async (context) => {
  if (why !== null) context.skip(why)
  const refused = await cli('start', model)
  expect(refused.exit).toBe(3)
  expect(refused.stderr).toMatch(/small needs [\d.]+ MiB.*0 B are free for models: it is [\d.]+ MiB short\./)
  expect(await core.client.call('runners.list', {})).toEqual({ ok: true, value: [] })
  expect(existsSync(join(home.dir, 'data', 'logs', 'small.log'))).toBe(false)
  expect(readdirSync(join(home.dir, 'config'), { recursive: true })).not.toContain('profiles/small.json')

  const wrong = await cli('start', model, '--anyway', 'other')
  expect(wrong.exit).toBe(3)
  expect(wrong.stderr).toContain('type its name: small.')

  expect(await cli('start', model, '--anyway', 'small', '--wait')).toMatchObject({ exit: 0 })
  const status = await core.client.call('status.get', {})
  if (!status.ok) throw new Error(status.error.message)
  const [running] = status.value.runners
  const held = (running?.bytes.gpuBytes ?? 0) + (running?.bytes.hostBytes ?? 0)
  expect(held).toBeGreaterThan(LEAST_BYTES)
  expect(status.value.admission.allocatableBytes).toBe(0)
  const notices = await core.client.call('app.notices', {})
  expect(JSON.stringify(notices)).toContain('as its name was typed. The guard stays armed.')

  // With the usual reserve there is room: what waits is started.
  const second = makeGguf(join(home.dir, 'second.gguf'))
  const waiting = await cli('start', second, '--when-it-fits', '--json')
  expect(JSON.parse(waiting.stdout)).toMatchObject({ id: 'second', state: 'waiting' })
  const live = await until('it is said for what it waits', async () => {
    const now = await core.client.call('status.get', {})
    return now.ok && now.value.admission.waiting.length > 0 && now.value.admission
  })
  expect(live.waiting).toMatchObject([
    { runnerId: 'second', text: expect.stringMatching(/^Waits for [\d.]+ MiB: starts/) }
  ])
  expect(await core.client.call('settings.set', { reserveBytes: 0 })).toMatchObject({ ok: true })
  const ready = await until(
    'it is ready',
    async () => {
      const list = await core.client.call('runners.list', {})
      return list.ok && list.value.find(({ id, state }) => id === 'second' && state === 'ready')
    },
    READY_DEADLINE_MS
  )
  expect(ready.pids.length).toBeGreaterThan(0)
  const after = await core.client.call('status.get', {})
  if (!after.ok) throw new Error(after.error.message)
  const { admission } = after.value
  expect(admission.waiting).toEqual([])
  for (const { bytes } of admission.reservations) expect(bytes).toBeLessThan(MOST_BYTES)
  for (const id of ['small', 'second']) expect(await cli('stop', id, '--wait')).toMatchObject({ exit: 0 })
  // What was told of a launch goes with what it launched.
  const left = await core.client.call('app.notices', {})
  expect(JSON.stringify(left)).not.toContain('as its name was typed')
}, 120_000)

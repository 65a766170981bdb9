import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StartOptions } from '../../src/main/runners/supervisor/types.ts'
import type { ContractError } from '../../src/shared/contract/errors.ts'
import type { Profile, RunnerState, RunnerView } from '../../src/shared/model/runner.ts'
import type { Result } from '../../src/shared/util/result.ts'
import { sampleProfile } from '../support/fake-core.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { untilState, viewOf } from '../support/runner-home.ts'
import { EATER_BYTES, makeSmallMachine, ROOM_BYTES, type SmallMachine } from '../support/small-machine.ts'
import { isAlive, until } from '../support/until.ts'

/** Room for one and a half; each takes all of one, for real. */
describe('launches on a machine that holds one of them', () => {
  let small: SmallMachine

  beforeEach(async () => {
    small = makeSmallMachine({ ready: true })
    for (const id of ['a', 'b']) {
      const modelPath = makeGguf(join(small.home.dir, `${id}.gguf`))
      const profile = { ...sampleProfile(id), label: `Model ${id}`, modelPath, restartOnCrash: true }
      expect(await small.runners.saveProfile(profile)).toMatchObject({ ok: true })
    }
  })
  afterEach(async () => {
    if (small.eaters().length > 0) for (const { id } of small.runners.holders()) await small.runners.stop(id)
    const left = small.eaters()
    small.remove()
    expect(left).toEqual([])
    expect(small.home.warnings).toEqual([])
  })

  const start = (id: string, options: StartOptions = {}): Promise<Result<RunnerView, ContractError>> =>
    small.runners.start(id, undefined, options)
  const stateOf = (id: string): RunnerState => viewOf(small.runners, id).state

  async function running(id: string): Promise<RunnerView> {
    expect(await start(id)).toMatchObject({ ok: true })
    await untilState(small.runners, id, 'ready')
    return until('its memory is counted', () => {
      const view = viewOf(small.runners, id)
      return view.bytes.hostBytes >= EATER_BYTES && view
    })
  }

  test('what does not fit is refused and leaves nothing; with leave to wait it starts when there is room', async () => {
    await running('a')
    expect(await start('b')).toMatchObject({ ok: false, error: { code: 'does-not-fit' } })
    expect(viewOf(small.runners, 'b')).toMatchObject({ state: 'stopped', text: 'Not started.' })

    const waiting = await start('b', { waits: true })
    expect(waiting).toMatchObject({ ok: true, value: { state: 'waiting', pids: [], port: null } })
    expect(viewOf(small.runners, 'b').text).toMatch(/^Waits for \d+(\.\d)? MiB: starts when there is room\.$/)
    expect(await start('b')).toMatchObject({ ok: false, error: { code: 'already-running' } })
    expect(small.eaters()).toHaveLength(1)

    expect(await small.runners.stop('a')).toMatchObject({ ok: true, value: { memoryIsBack: true } })
    await untilState(small.runners, 'b', 'ready')
    expect(small.eaters()).toHaveLength(1)
  })

  test('a stop of one that waits ends its wait, and nothing of it ever runs', async () => {
    await running('a')
    await start('b', { waits: true })
    expect(await small.runners.stop('b')).toMatchObject({
      ok: true,
      value: {
        bytesExpected: 0,
        memoryIsBack: true,
        text: 'Model b no longer waits. Nothing of it was started.'
      }
    })
    expect(stateOf('b')).toBe('stopped')
    expect(small.admission.status().waiting).toEqual([])
    await small.runners.stop('a')
    expect(stateOf('b')).toBe('stopped')
    expect(small.eaters()).toEqual([])
  })

  test('a profile that is removed while it waits is not started', async () => {
    await running('a')
    await start('b', { waits: true })
    expect(await small.runners.removeProfile('b')).toMatchObject({ ok: true })
    expect(small.admission.status().waiting).toEqual([])
    await small.runners.stop('a')
    expect(small.eaters()).toEqual([])
  })

  test('a core that ends while one waits leaves nothing', async () => {
    await running('a')
    await start('b', { waits: true })
    small.runners.dispose()
    await until('nobody waits', () => small.admission.status().waiting.length === 0)
    // The one that runs goes on without a core, until it is ended by hand.
    const [eater] = small.eaters()
    if (eater === undefined) throw new Error('it ended with the core')
    process.kill(eater.pid, 'SIGKILL')
    await until('it is gone, and nobody waits for its end', () => !isAlive(eater.pid))
    small.admission.update([])
    expect(small.eaters()).toEqual([])
  })

  test('its name typed starts it anyway, another one does not; waiting, it need wait no longer', async () => {
    small.othersBytes = ROOM_BYTES / 2
    expect(await start('b', { phrase: 'Model a' })).toMatchObject({
      ok: false,
      error: { code: 'does-not-fit', message: expect.stringContaining('type its name: Model b.') }
    })
    expect(await start('b', { waits: true })).toMatchObject({ value: { state: 'waiting' } })
    expect(await start('b', { phrase: 'Model a' })).toMatchObject({ error: { code: 'already-running' } })
    expect(stateOf('b')).toBe('waiting')
    expect(await start('b', { phrase: ' Model b ' })).toMatchObject({ ok: true })
    await untilState(small.runners, 'b', 'ready')
    expect(small.admission.status().waiting).toEqual([])
  })

  test('while the memory of a stopped one is not back, the next waits and says so', async () => {
    await running('a')
    // Somebody else takes what the stop gives back, for a while.
    const stopping = small.runners.stop('a')
    await until('it stops', () => stateOf('a') === 'stopping')
    small.othersBytes = ROOM_BYTES
    const next = await start('b')
    expect(next).toMatchObject({
      ok: true,
      value: { state: 'waiting', text: 'Waits for the memory of Model a to come back.' }
    })
    await until('its processes are gone', () => small.eaters().length === 0)
    expect(stateOf('b')).toBe('waiting')
    small.othersBytes = 0
    expect(await stopping).toMatchObject({ ok: true, value: { memoryIsBack: true } })
    await untilState(small.runners, 'b', 'ready')
  })

  test('a restart after a crash asks for room, too', async () => {
    const { url } = await running('a')
    small.estimateBytes = 2 * ROOM_BYTES
    await fetch(`${url}/crash`).catch(() => null)
    const failed = await until('it is not started again', () => {
      const view = viewOf(small.runners, 'a')
      return view.state === 'failed' && view
    })
    expect(failed.text).toMatch(/needs .* but this machine has .* no wait makes room for it/)
    expect(small.eaters()).toEqual([])
    expect(small.admission.status().reservations).toEqual([])
  })

  test('a restart after a crash that fits is started and reserved', async () => {
    const { url } = await running('a')
    await fetch(`${url}/crash`).catch(() => null)
    await untilState(small.runners, 'a', 'restarting')
    await untilState(small.runners, 'a', 'loading', 'ready')
    expect(small.admission.status().reservations).toMatchObject([{ runnerId: 'a' }])
    await untilState(small.runners, 'a', 'ready')
  })

  test('a start that may wait is not refused while the guard holds launches: it starts afterwards', async () => {
    small.hold = 'Nothing new is started now.'
    expect(await start('a')).toMatchObject({ ok: false, error: { code: 'refused', message: small.hold } })
    expect(await start('a', { waits: true })).toMatchObject({
      ok: true,
      value: { state: 'waiting', text: 'Waits for the guard. Nothing new is started now.' }
    })
    small.hold = null
    small.admission.update(small.runners.list())
    await untilState(small.runners, 'a', 'ready')
  })

  test('a name typed for one that waits keeps its place, and starts it', async () => {
    small.hold = 'Nothing new is started now.'
    small.othersBytes = ROOM_BYTES / 2
    await start('b', { waits: true })
    await start('a', { waits: true })
    expect(await start('b', { phrase: 'Model b' })).toMatchObject({ ok: true, value: { state: 'waiting' } })
    const { waiting } = small.admission.status()
    expect(waiting.map(({ runnerId }) => runnerId)).toEqual(['b', 'a'])
    small.hold = null
    small.admission.update(small.runners.list())
    await untilState(small.runners, 'b', 'ready')
    expect(stateOf('a')).toBe('waiting')
    await small.runners.stop('a')
  })

  test('a new path that only waits is kept on disk when it is launched, and not before', async () => {
    const path = makeGguf(join(small.home.dir, 'new.gguf'))
    const saved = join(small.home.places.configDir, 'profiles', 'new.json')
    const ids = (): readonly string[] => small.runners.profiles().map(({ id }) => id)
    small.othersBytes = ROOM_BYTES / 2
    const startNew = () => small.runners.start(path, undefined, { waits: true })
    expect(await startNew()).toMatchObject({ ok: true, value: { id: 'new', state: 'waiting' } })
    expect(existsSync(saved)).toBe(false)
    // Who shows it has its profile all the same.
    expect(ids()).toContain('new')
    expect(await startNew()).toMatchObject({ ok: false, error: { code: 'already-running' } })
    await small.runners.stop('new')
    expect(small.runners.list().map(({ id }) => id)).not.toContain('new')
    expect(ids()).not.toContain('new')

    await startNew()
    small.othersBytes = 0
    small.admission.update(small.runners.list())
    await untilState(small.runners, 'new', 'ready')
    expect(existsSync(saved)).toBe(true)
  })

  test('what runs is known by what it was launched with, whatever its profile says since', async () => {
    await running('a')
    const launched = small.runners.running('a')
    if (launched === null) throw new Error('there is no a')
    await small.runners.saveProfile({ ...launched, label: 'another' } satisfies Profile)
    expect(small.runners.running('a')).toEqual(launched)
    await small.runners.stop('a')
    expect(small.runners.running('a')).toMatchObject({ label: 'another' })
    expect(small.runners.running('nobody')).toBeNull()
  })

  test('one that is not ready yet is waited for, where both fit', async () => {
    small.othersBytes = -ROOM_BYTES
    expect(await start('a')).toMatchObject({ ok: true, value: { state: 'starting' } })
    expect(await start('b')).toMatchObject({
      ok: true,
      value: { state: 'waiting', text: 'Waits until Model a has loaded.' }
    })
    await untilState(small.runners, 'b', 'ready')
    expect(stateOf('a')).toBe('ready')
    expect(small.eaters()).toHaveLength(2)
  })
})

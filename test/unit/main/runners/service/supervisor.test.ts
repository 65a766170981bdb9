import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Ticket } from '../../../../../src/main/runners/supervisor/admission-port.ts'
import type { RunnerAdapter } from '../../../../../src/main/runners/supervisor/adapter.ts'
import { ollamaAdapter } from '../../../../../src/main/runners/adapters/ollama/adapter.ts'
import { createScopes } from '../../../../../src/main/runners/supervisor/launch.ts'
import { openLogFile } from '../../../../../src/main/runners/supervisor/log-file.ts'
import { createServiceSupervisor } from '../../../../../src/main/runners/supervisor/service/service-supervisor.ts'
import { UNLOAD_DEADLINE_MS } from '../../../../../src/main/runners/supervisor/service/unloading.ts'
import type { Supervisor } from '../../../../../src/main/runners/supervisor/supervisor.ts'
import type { ContractError } from '../../../../../src/shared/contract/errors.ts'
import type { FieldProfile, HeldModel } from '../../../../../src/shared/model/runner.ts'
import { defaultSettings } from '../../../../../src/shared/settings/schema.ts'
import { err, ok, type Result } from '../../../../../src/shared/util/result.ts'
import { fakeMachine, processRow, type FakeMachine } from '../../../../support/fake-machine.ts'

const GIB = 1_073_741_824
const STEP_MS = 200
const PROFILE: FieldProfile = {
  id: 'a',
  label: 'A',
  kind: 'ollama',
  modelPath: 'm:1',
  settings: {},
  restartOnCrash: false,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null
}
const MAIN = processRow({ pid: 10, name: 'ollama' })
const HOLDER = processRow({ pid: 11, parentPid: 10, name: 'llama-server' })
/** There is room, and nothing to be told of it. */
const granted: Ticket = {
  waitsFor: null,
  note: null,
  turn: Promise.resolve(ok(undefined)),
  insist: () => false,
  release: () => undefined
}

describe('a model in a service, on a machine moved by hand', () => {
  let machine: FakeMachine
  let supervisor: Supervisor
  let models: readonly HeldModel[] | null
  let unloads: number
  let load: () => void
  let make: (bootId: string) => Supervisor
  let held: string | null
  let asked: string[]
  let room: (() => Result<Ticket, ContractError>) | null

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    machine = fakeMachine([MAIN])
    machine.available = 10 * GIB
    machine.hostBytes = (pid) => (pid === 11 ? { anonAndShmemBytes: GIB, fileBytes: 0 } : null)
    models = [{ name: 'm:1', state: 'unloaded', bytes: 'unknown' }]
    unloads = 0
    held = null
    asked = []
    room = null
    load = () => {
      machine.table = [MAIN, HOLDER]
      machine.available = 9 * GIB
      models = [{ name: 'm:1', state: 'loaded', bytes: GIB }]
    }
    const adapter: RunnerAdapter = {
      ...ollamaAdapter,
      probe: async () => 'ready',
      prove: async () => ({ works: true, text: 'It made a token.' }),
      models: {
        list: async () => models,
        load: async () => {
          load()
          return ok(undefined)
        },
        unload: async () => {
          unloads += 1
          return ok(undefined)
        }
      }
    }
    make = (bootId) =>
      createServiceSupervisor(PROFILE, {
        ports: {
          machine,
          clock: machine.clock,
          logger: { info: () => {}, warn: () => {}, error: (message) => expect(message).toBe('') },
          settings: defaultSettings,
          launchHold: () => held,
          admission: {
            async ask({ id }) {
              asked.push(id)
              return room?.() ?? ok(granted)
            },
            update: () => {}
          },
          places: {
            procRoot: '/nowhere',
            sysRoot: '/nowhere',
            runtimeDir: '/nowhere',
            systemSentinelSocket: null,
            configDir: '/nowhere',
            dataDir: '/nowhere',
            rendererDir: '/nowhere',
            entryDir: '/nowhere',
            nodePath: '/nowhere',
            homeDir: '/nowhere'
          }
        },
        adapter,
        log: openLogFile('/nowhere/a.log'),
        env: {},
        bootId,
        scopes: createScopes({ FIREBREAK_SCOPES: 'off' }),
        plan: (profile) =>
          adapter.plan(profile, {
            settings: defaultSettings(),
            env: {},
            firstFreePort: async (port) => port,
            portState: async () => ({ kind: 'free' })
          }),
        unplan: () => {},
        tell: () => {},
        onChange: () => {},
        onRecord: () => {}
      })
    supervisor = make('boot')
  })
  afterEach(() => {
    supervisor.dispose()
    vi.useRealTimers()
  })

  /** Lets time go by in steps until it has settled. */
  async function settled<T>(work: Promise<T>): Promise<T> {
    const finished = { yet: false }
    void work.finally(() => (finished.yet = true))
    for (let ms = 0; !finished.yet && ms < 4 * UNLOAD_DEADLINE_MS; ms += STEP_MS) {
      machine.advance(STEP_MS)
      await vi.advanceTimersByTimeAsync(STEP_MS)
    }
    return work
  }
  async function ready(): Promise<void> {
    expect(await supervisor.start(PROFILE)).toMatchObject({ ok: true })
    await vi.advanceTimersByTimeAsync(STEP_MS)
    supervisor.tick(machine.table)
    expect(supervisor.view()).toMatchObject({ state: 'ready', pids: [11], modelBytes: GIB })
  }

  test('a service that says it unloads and does not is named, with what still holds the memory', async () => {
    await ready()
    const stopped = await settled(supervisor.stop())
    expect(stopped).toMatchObject({
      ok: true,
      value: { memoryIsBack: false, left: [{ pid: 11, name: 'llama-server', bytes: GIB }] }
    })
    expect(unloads).toBeGreaterThan(1)
    expect(supervisor.view()).toMatchObject({ state: 'failed', pids: [11] })
    expect(supervisor.view().text).toContain('Ollama did not unload A: it still lists it as loaded.')
    // It may end later, and may be stopped once more.
    expect(supervisor.isBusy()).toBe(true)
    machine.table = [MAIN]
    supervisor.tick(machine.table)
    expect(supervisor.view()).toMatchObject({ state: 'failed', pids: [] })
    expect(supervisor.isBusy()).toBe(false)
  })

  test('unloaded is not gone, and gone is not back: each is waited for', async () => {
    await ready()
    let isDone = false
    const stopping = supervisor.stop()
    void stopping.then(() => (isDone = true))
    const pass = async (): Promise<void> => {
      machine.advance(STEP_MS)
      await vi.advanceTimersByTimeAsync(STEP_MS)
    }
    models = [{ name: 'm:1', state: 'unloaded', bytes: 'unknown' }]
    await pass()
    expect(isDone).toBe(false)
    machine.table = [MAIN]
    await pass()
    await pass()
    expect(isDone).toBe(false)
    expect(supervisor.view().text).toContain('waiting for 1.0 GiB to come back')
    machine.available = 10 * GIB
    expect(await settled(stopping)).toMatchObject({
      ok: true,
      value: { bytesReturned: GIB, memoryIsBack: true }
    })
    expect(supervisor.view()).toMatchObject({ state: 'stopped', pids: [], models: null })
  })

  test('nothing is loaded while the guard holds launches', async () => {
    held = 'Memory is short.'
    expect(await supervisor.start(PROFILE)).toMatchObject({
      ok: false,
      error: { code: 'refused', message: held }
    })
    expect(supervisor.view().state).toBe('stopped')
  })

  test('where there is no room nothing is loaded, and the service is left alone', async () => {
    room = () => err({ code: 'does-not-fit', message: 'It is 1.0 GiB short.' })
    let loads = 0
    load = () => (loads += 1)
    expect(await supervisor.start(PROFILE)).toMatchObject({ ok: false, error: { code: 'does-not-fit' } })
    expect(supervisor.view()).toMatchObject({ state: 'stopped', text: 'Not started.', pids: [] })
    expect({ loads, unloads }).toEqual({ loads: 0, unloads: 0 })
  })

  test('what another client has loaded takes no more: nobody is asked', async () => {
    load()
    await ready()
    expect(asked).toEqual([])
  })

  test('it waits for its turn, is loaded then, and a stop before that ends the wait', async () => {
    const { promise: turn, resolve } = Promise.withResolvers<Result<void, ContractError>>()
    let releases = 0
    room = () =>
      ok({ ...granted, waitsFor: 'Waits until B has loaded.', turn, release: () => (releases += 1) })
    expect(await supervisor.start(PROFILE)).toMatchObject({
      ok: true,
      value: { state: 'waiting', text: 'Waits until B has loaded.', models: null }
    })
    expect(supervisor.isBusy()).toBe(false)
    expect(await supervisor.stop()).toMatchObject({ ok: true, value: { bytesExpected: 0, left: [] } })
    expect(supervisor.view().state).toBe('stopped')
    expect({ releases, unloads }).toEqual({ releases: 1, unloads: 0 })

    expect(await supervisor.start(PROFILE)).toMatchObject({ value: { state: 'waiting' } })
    resolve(ok(undefined))
    await vi.advanceTimersByTimeAsync(STEP_MS)
    supervisor.tick(machine.table)
    expect(supervisor.view()).toMatchObject({ state: 'ready', pids: [11] })
  })

  test('while the guard holds launches, one that may wait asks for its turn; what another client holds is refused', async () => {
    held = 'Nothing new is started now.'
    room = () => ok({ ...granted, waitsFor: 'Waits for the guard.', turn: new Promise(() => undefined) })
    expect(await supervisor.start(PROFILE)).toMatchObject({ ok: false, error: { code: 'refused' } })
    const waits = { waits: true, phrase: null }
    expect(await supervisor.start(PROFILE, waits)).toMatchObject({ ok: true, value: { state: 'waiting' } })
    await supervisor.stop()
    load()
    expect(await supervisor.start(PROFILE, waits)).toMatchObject({ ok: false, error: { code: 'refused' } })
  })

  test('its name typed while it waits keeps its place; with other settings it asks anew', async () => {
    const insisted: string[] = []
    let releases = 0
    room = () =>
      ok({
        ...granted,
        waitsFor: 'Waits for 1.0 GiB.',
        turn: new Promise(() => undefined),
        insist: ({ label }, phrase) => insisted.push(phrase) > 0 && label === 'A',
        release: () => (releases += 1)
      })
    await supervisor.start(PROFILE)
    const typed = { waits: false, phrase: ' A ' }
    expect(await supervisor.start(PROFILE, typed)).toMatchObject({ ok: true, value: { state: 'waiting' } })
    expect({ insisted, asked, releases }).toEqual({ insisted: ['A'], asked: ['a'], releases: 0 })
    await supervisor.start({ ...PROFILE, label: 'other' }, typed)
    expect({ asked, releases }).toEqual({ asked: ['a', 'a'], releases: 1 })
  })

  test('a second start, and a stop of what does not run, are refused', async () => {
    expect(await supervisor.stop()).toMatchObject({ ok: false, error: { code: 'not-running' } })
    await ready()
    expect(await supervisor.start(PROFILE)).toMatchObject({ ok: false, error: { code: 'already-running' } })
  })

  test('the record names who holds the model; after a boot it means nothing', async () => {
    await ready()
    const record = supervisor.record()
    if (record === null) throw new Error('no record')
    expect(record).toMatchObject({ root: { pid: 11 }, members: [{ pid: 11 }], bootId: 'boot' })
    const next = make('boot')
    expect(await next.adopt(record)).toBe(true)
    expect(next.view()).toMatchObject({ state: 'ready', pids: [11] })
    next.dispose()
    const later = make('another boot')
    expect(await later.adopt(record)).toBe(false)
    expect(later.view()).toMatchObject({ state: 'lost', text: 'A was loaded when the machine went down.' })
    later.dispose()
  })
})

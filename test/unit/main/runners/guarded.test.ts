import { describe, expect, it } from 'vitest'
import { llamaCppAdapter } from '../../../../src/main/runners/adapters/llamacpp/adapter.ts'
import { vllmAdapter } from '../../../../src/main/runners/adapters/vllm/adapter.ts'
import { GUARD_STOPPED, noteGuardEvent } from '../../../../src/main/runners/supervisor/guarded.ts'
import type { LiveProcess } from '../../../../src/main/runners/supervisor/live-process.ts'
import { createLoadWatch } from '../../../../src/main/runners/supervisor/load-watch.ts'
import { createRunnerCore, type RunnerCore } from '../../../../src/main/runners/supervisor/runner-core.ts'
import { viewOf } from '../../../../src/main/runners/supervisor/view.ts'
import type { HeldModel } from '../../../../src/shared/model/runner.ts'
import { profile } from '../guard/fixtures.ts'

const GIB = 1024 ** 3

/** A core in the state that these events lead to. */
function coreAfter(...events: readonly Parameters<RunnerCore['apply']>[0][]): RunnerCore {
  const deps = {
    ports: { logger: { error: () => undefined } },
    adapter: { free: null, models: null },
    onChange: () => undefined,
    onRecord: () => undefined
  }
  const core = createRunnerCore(profile('big'), deps as never)
  for (const event of events) core.apply(event, event)
  return core
}

describe('what the guard did to a runner', () => {
  it('is remembered before its end is seen', () => {
    const core = coreAfter('launch', 'alive', 'ready')
    noteGuardEvent(core, 'freeze')
    expect(core.guardStopped).toBe(false)
    noteGuardEvent(core, 'terminate')
    expect(core.guardStopped).toBe(true)
    expect(core.state).toBe('ready')
  })

  it('puts the words right of one whose end was seen first', () => {
    for (const core of [coreAfter('launch', 'fail'), coreAfter('found-gone')]) {
      noteGuardEvent(core, 'kill')
      expect(core.text).toBe(GUARD_STOPPED)
    }
  })

  it('ends the wait of one that was to be started again', () => {
    const core = coreAfter('launch', 'alive', 'ready', 'retry')
    const retry = new AbortController()
    core.retry = retry
    noteGuardEvent(core, 'terminate')
    expect(retry.signal.aborted).toBe(true)
    expect(core).toMatchObject({ state: 'failed', text: GUARD_STOPPED })
  })

  it('leaves one alone that the user has stopped', () => {
    const core = coreAfter('launch', 'alive', 'stop', 'ended')
    noteGuardEvent(core, 'kill')
    expect(core.text).toBe('ended')
  })
})

describe('a frozen runner', () => {
  const live = (isFrozen: boolean, exit: LiveProcess['exit'] = null): LiveProcess =>
    ({
      isFrozen,
      exit,
      facts: { modelBytes: null, commandLine: [], port: 1, url: '', startedAtMs: 0 },
      members: [],
      bytes: { gpuBytes: 60 * GIB, hostBytes: GIB, fileBytes: 9 * GIB },
      readyAtMs: 1
    }) as never
  const view = (one: LiveProcess, state: 'ready' | 'stopping' = 'ready') =>
    viewOf({
      profile: profile('big'),
      state,
      text: 'Ready.',
      live: one,
      lastStop: null,
      restarts: 0,
      activity: null,
      stuck: null,
      models: null,
      deps: { adapter: { free: null, models: null }, ports: {} }
    })

  it('says that it keeps what it has, until it goes on, ends or is stopped', () => {
    const paused = { text: 'Paused. It keeps its 61.0 GiB but takes no more.', frozen: true }
    const ready = { text: 'Ready.', frozen: false }
    expect(view(live(true))).toMatchObject(paused)
    expect(view(live(false))).toMatchObject(ready)
    expect(view(live(true, { code: 0, signal: null }))).toMatchObject(ready)
    expect(view(live(true), 'stopping')).toMatchObject(ready)
  })

  it('is not taken for one that hangs while it loads', () => {
    const watch = createLoadWatch(0)
    expect(watch.note(10_000, 0, 0)).toEqual({ ms: 10_000, memoryMs: 10_000 })
    watch.rest(300_000)
    expect(watch.note(301_000, 0, 0)).toEqual({ ms: 1_000, memoryMs: 1_000 })
  })
})

describe('giving memory back', () => {
  const offer = (
    commandLine: readonly string[],
    adapter = vllmAdapter,
    models: readonly HeldModel[] | null = null
  ) =>
    viewOf({
      profile: profile('big'),
      state: 'ready',
      text: 'Ready.',
      live: {
        isFrozen: false,
        exit: null,
        facts: { modelBytes: null, commandLine, port: 1, url: '', startedAtMs: 0 },
        members: [],
        bytes: { gpuBytes: GIB, hostBytes: GIB, fileBytes: 0 },
        readyAtMs: 1
      } as never,
      lastStop: null,
      restarts: 0,
      activity: null,
      stuck: null,
      models,
      deps: { adapter, ports: {} }
    }).free

  it('is offered only where it would not always refuse', () => {
    expect(offer(['vllm', 'serve', 'm'])).toBeNull()
    expect(offer(['vllm', 'serve', 'm', '--no-enable-sleep-mode'])).toBeNull()
    expect(offer(['vllm', 'serve', 'm', '--enable-sleep-mode'])).toMatchObject({
      frees: true,
      byItself: false
    })
    expect(offer(['sh', '-c', 'vllm serve m --enable-sleep-mode'])).not.toBeNull()
    expect(offer(['llama-server'], llamaCppAdapter)).toBeNull()
    expect(offer(['llama-server'], llamaCppAdapter, [])).not.toBeNull()
  })
})

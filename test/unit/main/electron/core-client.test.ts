import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { connectClient, SILENT_AFTER_MS, watchCore } from '../../../../src/main/electron/core-client.ts'
import { ok } from '../../../../src/shared/util/result.ts'
import { createFakeCore, sampleLive, sampleRunner, type FakeCore } from '../../../support/fake-core.ts'

const settled = async (): Promise<void> => {
  await vi.advanceTimersByTimeAsync(0)
}

describe('what the shell knows of the core', () => {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance']
    })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const watching = async (core: FakeCore) => {
    const { client, dispose } = connectClient(core.endpoint, core.logger)
    const watch = watchCore(client, core.logger)
    let changes = 0
    const listening = watch.onChange(() => (changes += 1))
    await settled()
    return {
      watch,
      changes: () => changes,
      end: () => {
        listening.dispose()
        watch.dispose()
        dispose()
      }
    }
  }

  it('keeps the last word on readings, runners and settings', async () => {
    const core = createFakeCore()
    const { watch, changes, end } = await watching(core)
    expect([...watch.view().runners.keys()]).toEqual(['tiny'])
    expect(watch.view()).toMatchObject({ live: null, liveAtMs: null, settings: { theme: 'system' } })
    const before = changes()
    core.emit('live', sampleLive as never)
    core.emit('runner', sampleRunner('big', 'loading') as never)
    core.emit('runner-removed', { id: 'tiny' })
    expect(watch.view().live?.sequence).toBe(sampleLive.sequence)
    expect([...watch.view().runners.values()].map((view) => view.state)).toEqual(['loading'])
    expect(changes()).toBe(before + 3)
    end()
  })

  it('asks again when the core is silent, and takes its list as it is then', async () => {
    let runners = [sampleRunner('tiny', 'ready')]
    const core = createFakeCore({ 'runners.list': async () => ok(runners as never) })
    const { watch, changes, end } = await watching(core)
    const asked = (): number => core.calls.filter(({ command }) => command === 'runners.list').length
    core.emit('live', sampleLive as never)
    const [first, drawn] = [asked(), changes()]
    await vi.advanceTimersByTimeAsync(SILENT_AFTER_MS - 1)
    expect(asked()).toBe(first)
    runners = []
    await vi.advanceTimersByTimeAsync(SILENT_AFTER_MS + 1)
    expect(asked()).toBeGreaterThan(first)
    expect(watch.view().runners.size).toBe(0)
    expect(changes()).toBeGreaterThan(drawn)
    end()
  })

  it('leaves nothing behind: no subscription, no timer', async () => {
    const core = createFakeCore()
    const { end } = await watching(core)
    expect(core.listenerCount()).toBeGreaterThan(0)
    end()
    expect(core.listenerCount()).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })
})

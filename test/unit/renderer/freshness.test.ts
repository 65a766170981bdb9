import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ASK_AGAIN_MS, SILENT_AFTER_MS } from '../../../src/renderer/src/stores/tick-watch.ts'
import { readyPanel } from './fake-link.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const commands = (asked: readonly { readonly command: string }[]): readonly string[] =>
  asked.map((one) => one.command)

test('numbers are called old when ticks stop, and not before', async () => {
  const { panel, events, core } = await readyPanel()
  events.emit(core.tick())
  await vi.advanceTimersByTimeAsync(SILENT_AFTER_MS - 1)
  expect(panel.app.getState().stale).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(panel.app.getState().stale).toBe(true)
  panel.dispose()
  expect(vi.getTimerCount()).toBe(0)
})

test('while ticks do not come the core is asked again, and everything is when they do', async () => {
  const { panel, events, core, asked } = await readyPanel()
  await vi.advanceTimersByTimeAsync(SILENT_AFTER_MS)
  asked.length = 0
  await vi.advanceTimersByTimeAsync(2 * ASK_AGAIN_MS)
  expect(commands(asked).filter((one) => one === 'events.subscribe').length).toBe(2)
  expect(panel.app.getState().stale).toBe(true)
  asked.length = 0
  events.emit(core.tick())
  expect(panel.app.getState().stale).toBe(false)
  await vi.advanceTimersByTimeAsync(0)
  for (const one of ['events.subscribe', 'status.get', 'recent.get', 'runners.list', 'settings.get']) {
    expect(commands(asked)).toContain(one)
  }
  panel.dispose()
})

test('a core that does not answer at first is asked until it does', async () => {
  const { panel, refusals, asked } = await readyPanel()
  refusals.set('status.get', ({ id }) => ({
    v: 1,
    id,
    ok: false,
    error: { code: 'disconnected', message: 'gone' }
  }))
  await vi.advanceTimersByTimeAsync(SILENT_AFTER_MS)
  refusals.clear()
  asked.length = 0
  await vi.advanceTimersByTimeAsync(ASK_AGAIN_MS)
  expect(commands(asked)).toContain('status.get')
  panel.dispose()
})

test('a page nobody sees is never called old, draws no tick, and on return shows the last one and its past', async () => {
  const { panel, events, core, asked, show } = await readyPanel()
  events.emit(core.tick())
  const shown = panel.live.getState()
  const past = panel.recent.getState()
  show(false)
  events.emit(core.tick())
  events.emit(core.tick())
  await vi.advanceTimersByTimeAsync(10 * SILENT_AFTER_MS)
  expect(panel.live.getState()).toBe(shown)
  expect(panel.recent.getState()).toBe(past)
  expect(panel.app.getState().stale).toBe(false)
  asked.length = 0
  show(true)
  expect(panel.live.getState().live?.sequence).toBe(3)
  expect(commands(asked).toSorted()).toEqual(['recent.get', 'runners.found', 'status.get'])
  await vi.advanceTimersByTimeAsync(SILENT_AFTER_MS - 1)
  expect(panel.app.getState().stale).toBe(false)
  expect(panel.recent.getState()).not.toBe(past)
  await vi.advanceTimersByTimeAsync(1)
  expect(panel.app.getState().stale).toBe(true)
  panel.dispose()
})

test('an answer that a tick has overtaken does not bring back older numbers', async () => {
  const { panel, events, core, show } = await readyPanel()
  show(false)
  show(true)
  const tick = core.tick()
  events.emit(tick)
  const { live } = panel.live.getState()
  await vi.advanceTimersByTimeAsync(0)
  expect(panel.live.getState().live).toBe(live)
  panel.dispose()
})

test('a lost connection makes numbers old at once, and a new one gives ticks their whole time', async () => {
  const { panel, become } = await readyPanel()
  become('lost')
  expect(panel.app.getState().stale).toBe(true)
  become('connected')
  expect(panel.app.getState().stale).toBe(false)
  await vi.advanceTimersByTimeAsync(SILENT_AFTER_MS - 1)
  expect(panel.app.getState().stale).toBe(false)
  panel.dispose()
})

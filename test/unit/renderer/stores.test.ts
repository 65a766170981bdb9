import { describe, expect, test, vi } from 'vitest'
import { EVENT_NAMES } from '../../../src/shared/contract/channels.ts'
import type { LedgerPart } from '../../../src/shared/model/ledger.ts'
import { holderOrder } from '../../../src/renderer/src/stores/holder-order.ts'
import { wholeText } from '../../../src/renderer/src/stores/log-text.ts'
import { SCENARIOS } from '../../support/fake-core/scenarios.ts'
import { readyPanel } from './fake-link.ts'

describe('the panel', () => {
  test('asks for everything at start and shows it', async () => {
    const { panel, asked } = await readyPanel()
    expect(asked[0]?.command).toBe('events.subscribe')
    expect(panel.recent.getState().points.length).toBe(899)
    expect(panel.runners.getState().profiles.length).toBe(SCENARIOS.calm.profiles.length)
    expect(panel.settings.getState().settings?.theme).toBe('system')
    expect(panel.live.getState().parts[0]?.kind).toBe('runner')
    expect(panel.live.getState().parts.at(-1)?.kind).toBe('free')
    panel.dispose()
  })

  test('takes ticks, and garbage changes nothing', async () => {
    const { panel, core, events } = await readyPanel()
    events.emit(core.tick())
    expect(panel.live.getState().live?.sequence).toBe(1)
    const before = panel.live.getState()
    for (const bad of [
      null,
      7,
      'live',
      { v: 1, event: 'live', payload: { sequence: 2 } },
      { event: 'nonsense' }
    ]) {
      events.emit(bad)
    }
    expect(panel.live.getState()).toBe(before)
    panel.dispose()
  })

  test('asks anew after a lost connection, and leaves no listener behind', async () => {
    const { panel, asked, become, states, events } = await readyPanel()
    become('lost')
    expect(panel.app.getState().link).toBe('lost')
    const before = asked.length
    become('connected')
    await vi.waitFor(() => expect(asked.slice(before).map((one) => one.command)).toContain('recent.get'))
    panel.dispose()
    expect(events.listenerCount).toBe(0)
    expect(states.listenerCount).toBe(0)
  })

  test('what failed only because the connection was lost is forgotten when it is back', async () => {
    const { panel, become } = await readyPanel()
    const { start } = panel.runners.getState()
    await start({ target: 'gemma-3-27b' })
    become('lost')
    await start({ target: 'embed' })
    await panel.settings.getState().change('theme', { theme: 'dark' })
    expect(panel.runners.getState().errors.get('embed')?.code).toBe('disconnected')
    become('connected')
    await vi.waitFor(() => expect([...panel.runners.getState().errors.keys()]).toEqual(['gemma-3-27b']))
    expect(panel.settings.getState().fields.size).toBe(0)
    panel.dispose()
  })

  test('what the core dropped when a runner ended goes from view', async () => {
    const { panel, events } = await readyPanel()
    const runner = panel.runners.getState().runners.find(({ state }) => state === 'ready')
    if (runner === undefined) throw new Error('the scenario runs something')
    const payload = {
      id: 'n-of-its-launch',
      atMs: 1,
      severity: 'warning',
      text: 'Its peak is 480 MiB over.',
      whatToDo: 'It is started.',
      runnerId: runner.id
    }
    events.emit({ v: 1, event: 'notice', payload })
    const isShown = (): boolean => panel.app.getState().notices.some(({ id }) => id === payload.id)
    expect(isShown()).toBe(true)
    events.emit({ v: 1, event: 'runner', payload: { ...runner, state: 'stopped', pids: [] } })
    await vi.waitFor(() => expect(isShown()).toBe(false))
    panel.dispose()
  })

  test('a refused start is kept with its way out until the next attempt', async () => {
    const { panel } = await readyPanel()
    const { start } = panel.runners.getState()
    const result = await start({ target: 'gemma-3-27b' })
    expect(result.ok).toBe(false)
    expect(panel.runners.getState().errors.get('gemma-3-27b')?.code).toBe('model-missing')
    expect(panel.runners.getState().asked.size).toBe(0)
    panel.runners.getState().dismissError('gemma-3-27b')
    expect(panel.runners.getState().errors.size).toBe(0)
    panel.dispose()
  })

  test('a setting is shown as saved once the core has it, and a refusal in its place', async () => {
    const { panel } = await readyPanel()
    const { change, refuse } = panel.settings.getState()
    expect(await change('theme', { theme: 'dark' })).toBe(true)
    expect(panel.settings.getState().settings?.theme).toBe('dark')
    expect(panel.settings.getState().fields.get('theme')).toEqual({ kind: 'saved' })
    expect(refuse('reserveBytes', 'no number')).toBe(false)
    expect(panel.settings.getState().fields.get('reserveBytes')?.kind).toBe('failed')
    panel.dispose()
  })

  test('a log goes on where the first read ended, and is asked for only while it is open', async () => {
    const { panel, core, events, asked } = await readyPanel()
    expect(asked[0]?.input).toEqual({ events: EVENT_NAMES.filter((name) => name !== 'log') })
    await panel.log.getState().open('qwen3-32b')
    const first = wholeText(panel.log.getState().blocks)
    events.emit(core.logLine())
    const text = wholeText(panel.log.getState().blocks)
    expect(text.startsWith(first)).toBe(true)
    expect(text.length).toBeGreaterThan(first.length)
    panel.dispose()
  })
})

test('near-equal holders do not trade places; a clear winner passes', () => {
  const part = (id: string, bytes: number): LedgerPart => ({
    id,
    label: id,
    kind: 'process',
    bytes,
    gpuBytes: 0,
    hostBytes: bytes
  })
  const first = holderOrder([], [part('a', 100), part('b', 99), part('c', 10)])
  expect(first).toEqual(['a', 'b', 'c'])
  expect(holderOrder(first, [part('a', 99), part('b', 100), part('c', 10)])).toEqual(['a', 'b', 'c'])
  expect(holderOrder(first, [part('a', 99), part('b', 120), part('d', 50)])).toEqual(['b', 'a', 'd'])
})

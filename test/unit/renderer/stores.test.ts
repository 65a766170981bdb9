import { describe, expect, test, vi } from 'vitest'
import { createClient } from '../../../src/shared/contract/client.ts'
import { EVENT_NAMES } from '../../../src/shared/contract/channels.ts'
import type { WireRequest } from '../../../src/shared/contract/wire.ts'
import { createEmitter } from '../../../src/shared/util/emitter.ts'
import type { LinkState, PanelLink } from '../../../src/renderer/src/client/link.ts'
import { createPanel } from '../../../src/renderer/src/stores/panel.ts'
import { wholeText } from '../../../src/renderer/src/stores/log-text.ts'
import { assignHues, HUE_COUNT } from '../../../src/renderer/src/stores/hues.ts'
import { holderOrder } from '../../../src/renderer/src/stores/holder-order.ts'
import type { LedgerPart } from '../../../src/shared/model/ledger.ts'
import { fakeCore } from '../../support/fake-core/core.ts'
import { SCENARIOS } from '../../support/fake-core/scenarios.ts'

function fakeLink() {
  const core = fakeCore(SCENARIOS.calm, 'system')
  const events = createEmitter<unknown>((error) => {
    throw error
  })
  const states = createEmitter<LinkState>((error) => {
    throw error
  })
  const asked: WireRequest[] = []
  const link: PanelLink = {
    state: 'connected',
    request: (message) => {
      asked.push(message)
      return core.request(message)
    },
    onEvent: (listener) => events.on(listener),
    onState: (listener) => states.on(listener)
  }
  return { core, link, asked, events, states }
}

const ready = async () => {
  const fake = fakeLink()
  const panel = createPanel(createClient(fake.link), fake.link)
  await vi.waitFor(() => expect(panel.live.getState().live).not.toBeNull())
  await vi.waitFor(() => expect(panel.runners.getState().loaded).toBe(true))
  return { ...fake, panel }
}

describe('the panel', () => {
  test('asks for everything at start and shows it', async () => {
    const { panel, asked } = await ready()
    expect(asked[0]?.command).toBe('events.subscribe')
    expect(panel.recent.getState().points.length).toBe(899)
    expect(panel.runners.getState().profiles.length).toBe(SCENARIOS.calm.profiles.length)
    expect(panel.settings.getState().settings?.theme).toBe('system')
    expect(panel.live.getState().parts[0]?.kind).toBe('runner')
    expect(panel.live.getState().parts.at(-1)?.kind).toBe('free')
    panel.dispose()
  })

  test('takes ticks, and garbage changes nothing', async () => {
    const { panel, core, events } = await ready()
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
    const { panel, asked, states, events } = await ready()
    states.emit('lost')
    expect(panel.app.getState().link).toBe('lost')
    const before = asked.length
    states.emit('connected')
    await vi.waitFor(() => expect(asked.slice(before).map((one) => one.command)).toContain('recent.get'))
    panel.dispose()
    expect(events.listenerCount).toBe(0)
    expect(states.listenerCount).toBe(0)
  })

  test('catches up with the past after a time in which nothing was sent', async () => {
    const { panel, asked } = await ready()
    asked.length = 0
    await panel.catchUp()
    expect(asked.map((one) => one.command).toSorted()).toEqual(['recent.get', 'status.get'])
    expect(panel.recent.getState().points.length).toBe(899)
    panel.dispose()
  })

  test('a refused start is kept with its way out until the next attempt', async () => {
    const { panel } = await ready()
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
    const { panel } = await ready()
    const { change, refuse } = panel.settings.getState()
    expect(await change('theme', { theme: 'dark' })).toBe(true)
    expect(panel.settings.getState().settings?.theme).toBe('dark')
    expect(panel.settings.getState().fields.get('theme')).toEqual({ kind: 'saved' })
    expect(refuse('reserveBytes', 'no number')).toBe(false)
    expect(panel.settings.getState().fields.get('reserveBytes')?.kind).toBe('failed')
    panel.dispose()
  })

  test('a log goes on where the first read ended, and is asked for only while it is open', async () => {
    const { panel, core, events, asked } = await ready()
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

test('hues stay with their id, and the first seven differ', () => {
  const ids = Array.from({ length: HUE_COUNT }, (_, at) => `runner:m${at}`)
  const first = assignHues(new Map(), ids)
  expect(new Set(first.values()).size).toBe(HUE_COUNT)
  const more = assignHues(first, ['runner:new', ...ids])
  for (const id of ids) expect(more.get(id)).toBe(first.get(id))
  expect(assignHues(first, ids)).toBe(first)
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

import { expect, test } from 'vitest'
import type { RunnerView } from '../../../src/shared/model/runner.ts'
import { graphMarks } from '../../../src/renderer/src/charts/marks.ts'
import { actOf, withAct } from '../../../src/renderer/src/stores/acts.ts'
import { SCENARIOS } from '../../support/fake-core/scenarios.ts'
import { readyPanel } from './fake-link.ts'

const view = (changes: Partial<RunnerView>): RunnerView => {
  const [first] = SCENARIOS.calm.runners(0)
  if (first === undefined) throw new Error('the scenario has no runner')
  return { ...first, id: 'a', label: 'A', ...changes }
}

test('what happens close together shares a mark, what is outside has none', () => {
  const marked = [
    { label: 'a', kind: 'started', atMs: 1000 },
    { label: 'b', kind: 'started', atMs: 1100 },
    { label: 'a', kind: 'stopped', atMs: 1200 },
    { label: 'c', kind: 'killed', atMs: 9000 },
    { label: 'old', kind: 'started', atMs: -5 }
  ] as const
  expect(graphMarks(marked, 0, 10_000)).toEqual([
    { atMs: 1000, label: 'Started a, b · Stopped a' },
    { atMs: 9000, label: 'c ended (killed)' }
  ])
})

test('a start, a stop, an end and a kill are acts; what goes on is none', () => {
  const idle = view({ state: 'stopped', startedAtMs: null })
  const loading = view({ state: 'loading', startedAtMs: 5 })
  const ready = view({ state: 'ready', startedAtMs: 5 })
  const gone = { startedAtMs: null } as const
  expect(actOf(idle, loading, 9)).toMatchObject({ kind: 'started', atMs: 5 })
  expect(actOf(undefined, ready, 9)).toMatchObject({ kind: 'started', atMs: 5 })
  expect(actOf(loading, ready, 9)).toBeNull()
  expect(actOf(ready, view({ state: 'stopping', startedAtMs: 5 }), 9)).toBeNull()
  expect(actOf(ready, idle, 9)).toMatchObject({ kind: 'stopped', atMs: 9 })
  expect(actOf(ready, view({ state: 'failed', text: 'Ended with code 1.', ...gone }), 9)?.kind).toBe('ended')
  const killed = view({ state: 'failed', text: 'A was killed (SIGKILL) from outside', ...gone })
  expect(actOf(ready, killed, 9)?.kind).toBe('killed')
  expect(actOf(killed, idle, 9)).toBeNull()
})

test('an act is kept once, and as long as a window shows it', () => {
  const act = { id: 'a', label: 'A', kind: 'started', atMs: 0 } as const
  expect(withAct([act], act)).toEqual([act])
  const later = { ...act, atMs: 1_000_000 }
  expect(withAct([act], later)).toEqual([later])
})

test('a stop that the panel is told of is marked at the time of the machine', async () => {
  const { panel, events, core } = await readyPanel()
  events.emit(core.tick())
  const running = panel.runners.getState().runners.find((one) => one.state === 'ready')
  if (running === undefined) throw new Error('the scenario has no model that is ready')
  const payload = { ...running, state: 'stopped', startedAtMs: null, pids: [] }
  events.emit({ v: 1, event: 'runner', payload })
  expect(panel.runners.getState().acts.at(-1)).toEqual({
    id: running.id,
    label: running.label,
    kind: 'stopped',
    atMs: panel.live.getState().live?.atMs
  })
  panel.dispose()
})

test('a core begun anew, which lists as stopped what it will take back, is no stop', async () => {
  const { panel, refusals } = await readyPanel()
  const { runners, acts } = panel.runners.getState()
  const value = runners.map((one) => ({ ...one, state: 'stopped' as const, startedAtMs: null, pids: [] }))
  refusals.set('runners.list', ({ id }) => ({ v: 1, id, ok: true, value }))
  await panel.runners.getState().refresh()
  expect(panel.runners.getState().runners.every((one) => one.state === 'stopped')).toBe(true)
  expect(panel.runners.getState().acts).toEqual(acts)
  panel.dispose()
})

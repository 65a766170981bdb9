import { describe, expect, test, vi } from 'vitest'
import type { GuardAsk, GuardEvent, GuardView, IncidentSummary } from '../../../src/shared/model/guard.ts'
import type { Notice } from '../../../src/shared/model/status.ts'
import { allActs, guardActs } from '../../../src/renderer/src/stores/guard-acts.ts'
import { guardNews, noticesToShow } from '../../../src/renderer/src/stores/guard-news.ts'
import { keepSame } from '../../../src/renderer/src/stores/keep-same.ts'
import { machineNowMs } from '../../../src/renderer/src/stores/live.ts'
import { sampleGuardView, sampleIncident } from '../../support/fake-guard.ts'
import { readyPanel } from './fake-link.ts'

const ask: GuardAsk = {
  watchId: 'main',
  victimId: 'tiny',
  label: 'tiny',
  stage: 'warn',
  text: 'tiny grew 9 GiB in 4 s.',
  actsAtMs: 5000,
  victimBytes: 1
}
const event = (kind: GuardEvent['kind'], atMs: number, over: Partial<GuardEvent> = {}): GuardEvent => ({
  sequence: atMs,
  atMs,
  monotonicMs: atMs,
  watchId: 'main',
  kind,
  victimId: 'tiny',
  label: 'tiny',
  reasons: [],
  availableBytes: 1,
  floorBytes: 1,
  secondsToEmpty: null,
  bytes: 1,
  ...over
})
const { curve: _curve, events: _events, ...summary } = sampleIncident

/** A panel that has the guard's view, and a way to send it another. */
const guarded = async () => {
  const fake = await readyPanel()
  await vi.waitFor(() => expect(fake.panel.guard.getState().view).not.toBeNull())
  const tell = (over: Partial<GuardView>): void =>
    fake.events.emit({ v: 1, event: 'guard', payload: { ...sampleGuardView, ...over } })
  return { ...fake, tell, guard: fake.panel.guard }
}

describe('the store of the guard', () => {
  test('an event that says the same draws nothing, one that differs keeps what did not change', async () => {
    const { panel, tell, guard } = await guarded()
    tell({})
    const before = guard.getState()
    tell({})
    expect(guard.getState()).toBe(before)
    tell({ level: 'warn' })
    expect(guard.getState().view?.level).toBe('warn')
    expect(guard.getState().view?.ranking).toBe(before.view?.ranking)
    expect(guard.getState().acts).toBe(before.acts)
    panel.dispose()
  })

  test('an answer goes to the core, counts for that question alone, and a refusal is kept', async () => {
    const { panel, tell, guard, asked, refusals } = await guarded()
    tell({ ask })
    const refusal = { code: 'refused', message: 'too late' } as const
    refusals.set('guard.answer', ({ id }) => ({ v: 1, id, ok: false, error: refusal }))
    await guard.getState().answer(ask, 'stop')
    expect(guard.getState().errors.get('answer')).toMatchObject(refusal)
    expect(guard.getState().answered).toBeNull()
    refusals.set('guard.answer', ({ id }) => ({ v: 1, id, ok: true, value: {} }))
    await guard.getState().answer(ask, 'continue')
    expect(asked.at(-1)?.input).toEqual({ watchId: 'main', victimId: 'tiny', choice: 'continue' })
    expect(guard.getState()).toMatchObject({ answered: 'continue', errors: new Map() })
    tell({ ask: { ...ask, actsAtMs: 9000 } })
    expect(guard.getState().answered).toBe('continue')
    tell({ ask: { ...ask, stage: 'frozen' } })
    expect(guard.getState().answered).toBeNull()
    panel.dispose()
  })

  test('a drill is known from its beginning, and its report is listed at its end', async () => {
    const { panel, tell, guard, core, events } = await guarded()
    events.emit(core.tick())
    tell({ drillRunning: true })
    expect(guard.getState().drillSinceMs).toBe(panel.live.getState().live?.atMs)
    const since = guard.getState().drillSinceMs
    events.emit(core.tick())
    tell({ drillRunning: true, level: 'watch' })
    expect(guard.getState().drillSinceMs).toBe(since)
    tell({ drillRunning: false })
    expect(guard.getState().drillSinceMs).toBeNull()
    panel.dispose()
  })

  test('an incident is news until it is put away, and again when it goes on', async () => {
    const { panel, guard, events } = await guarded()
    const happen = (): void => events.emit({ v: 1, event: 'incident', payload: summary })
    happen()
    happen()
    expect(guard.getState().incidents.map(({ id }) => id)).toEqual([summary.id])
    expect([...guard.getState().freshIds]).toEqual([summary.id])
    guard.getState().putAway(summary.id)
    expect(guard.getState().freshIds.size).toBe(0)
    happen()
    expect(guard.getState().freshIds.size).toBe(1)
    panel.dispose()
  })

  test('what failed for want of a connection is forgotten when it is back', async () => {
    const { panel, guard, become } = await guarded()
    become('lost')
    await guard.getState().protect(true)
    expect(guard.getState().errors.get('protection')?.code).toBe('disconnected')
    become('connected')
    await vi.waitFor(() => expect(guard.getState().errors.size).toBe(0))
    panel.dispose()
  })
})

describe('acts of the guard', () => {
  test('a pause and a stop are marked once, the drill’s not at all', () => {
    const newestFirst = [
      event('kill', 30),
      event('terminate', 20),
      event('freeze', 10),
      event('warn', 5),
      event('freeze', 4, { watchId: 'drill', victimId: 'drill' })
    ]
    expect(guardActs(newestFirst).map(({ kind, atMs }) => [kind, atMs])).toEqual([
      ['paused', 10],
      ['halted', 20]
    ])
  })

  test('an end that was the guard’s doing is told once, another one is told', () => {
    const guards = guardActs([event('terminate', 1000)])
    const ended = { id: 'tiny', label: 'tiny', kind: 'killed', atMs: 2000 } as const
    const later = { ...ended, atMs: 100_000 }
    expect(allActs([ended, later], guards)).toEqual([later, ...guards])
    const none = [ended]
    expect(allActs(none, [])).toBe(none)
  })
})

describe('what is told above a page', () => {
  const incident: IncidentSummary = { ...summary, atMs: 1_000_000 }
  const notice = (over: Partial<Notice>): Notice => ({
    id: 'n1',
    atMs: 1_020_000,
    severity: 'warning',
    text: 'Stopped tiny. 61 GiB came back in 2.3 s.',
    whatToDo: null,
    runnerId: 'tiny',
    incidentId: incident.id,
    ...over
  })
  const none = new Set<string>()

  test('an incident and its notices are one; the notice keeps it news after a reload', () => {
    const told = guardNews({ incidents: [incident], freshIds: none, notices: [notice({})], ask: null })
    expect(told.news).toEqual([incident])
    expect([...told.toldIds]).toEqual(['n1'])
    expect(guardNews({ incidents: [incident], freshIds: none, notices: [], ask: null }).news).toEqual([])
  })

  test('what drops the guard comes first and is never folded, however old', () => {
    const other = (at: number): Notice =>
      notice({
        id: `n${at}`,
        atMs: at,
        text: 'x.json could not be read.',
        runnerId: undefined,
        incidentId: undefined
      })
    const settings: Notice = {
      ...other(1),
      id: 'settings',
      text: 'The settings file could not be used as it is. What the guard may do could not be read, so it only observes.'
    }
    const news: Notice = { ...settings, id: 'news', severity: 'info', text: 'The guard is on.' }
    const { all, folded } = noticesToShow([settings, news, other(2), other(3), other(4)], 3)
    expect(all.map(({ id }) => id)).toEqual(['settings', 'n4', 'n3', 'n2', 'news'])
    expect(folded).toBe(2)
    const many = [1, 2, 3, 4].map((at) => ({ ...settings, id: `s${at}`, atMs: at }))
    expect(noticesToShow([...many, other(9)], 3).folded).toBe(1)
  })

  test('a notice about something else, or long after, stands for itself', () => {
    const notices = [
      notice({ id: 'other', incidentId: undefined, runnerId: 'huge', text: 'huge was taken back.' }),
      notice({ id: 'late', incidentId: undefined, atMs: 9_000_000, text: 'tiny ended.' }),
      notice({ id: 'alike', incidentId: undefined })
    ]
    const told = guardNews({ incidents: [incident], freshIds: new Set([incident.id]), notices, ask: null })
    expect(told.toldIds.size).toBe(0)
  })

  test('of two incidents of one title, a week apart, the newer alone is news', () => {
    const older: IncidentSummary = { ...incident, id: 'acted-older', atMs: incident.atMs - 7 * 86_400_000 }
    const told = guardNews({
      incidents: [incident, older],
      freshIds: none,
      notices: [notice({})],
      ask: null
    })
    expect(told.news).toEqual([incident])
  })

  test('while the guard asks about one, nothing else is told of it; the drill’s question is none', () => {
    const input = { incidents: [incident], freshIds: new Set([incident.id]), notices: [notice({})] }
    expect(guardNews({ ...input, ask })).toEqual({ news: [], toldIds: new Set(['n1']) })
    expect(guardNews({ ...input, ask: { ...ask, watchId: 'drill' } }).news).toEqual([incident])
  })
})

describe('data from the core', () => {
  test('what is the same stays the same object, down to its parts', () => {
    const before = { list: [{ a: 1 }, { a: 2 }], other: { deep: [1, 2] } }
    expect(keepSame(before, structuredClone(before))).toBe(before)
    const now = keepSame(before, { list: [{ a: 1 }, { a: 3 }], other: { deep: [1, 2] } })
    expect(now.list[0]).toBe(before.list[0])
    expect(now.other).toBe(before.other)
    expect(now.list[1]).toEqual({ a: 3 })
    expect(keepSame<unknown>({ a: 1, b: 2 }, { a: 1 })).toEqual({ a: 1 })
    expect(keepSame<unknown>([1, 2], [1])).toEqual([1])
    expect(keepSame<unknown>({ a: 1 }, null)).toBeNull()
  })

  test('the time on the machine goes on between ticks', async () => {
    const { panel, core, events } = await readyPanel()
    events.emit(core.tick())
    const { live, cameAtMs } = panel.live.getState()
    const atMs = live?.atMs ?? 0
    expect(machineNowMs({ live, cameAtMs: cameAtMs - 4000 }) - atMs).toBeGreaterThanOrEqual(4000)
    panel.dispose()
  })
})

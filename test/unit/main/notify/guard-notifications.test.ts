import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createGuardNotifications } from '../../../../src/main/notify/guard-notifications.ts'
import type { Notification, Notifier } from '../../../../src/main/notify/types.ts'
import type { GuardViewBase } from '../../../../src/main/guard/types.ts'
import type { GuardAnswer, GuardAsk, GuardEvent } from '../../../../src/shared/model/guard.ts'
import type { ContractError } from '../../../../src/shared/contract/errors.ts'
import type { Disposable } from '../../../../src/shared/util/disposable.ts'
import { createEmitter } from '../../../../src/shared/util/emitter.ts'
import { err, ok, type Result } from '../../../../src/shared/util/result.ts'
import { quietLogger } from '../../../support/fake-core.ts'
import { sampleGuardView } from '../../../support/fake-guard.ts'

const GIB = 1024 ** 3
const refusal: ContractError = { code: 'refused', message: 'Nobody is asked about it any more.' }

let view: GuardViewBase
let shown: Notification[]
let closed: string[]
let answers: [string, string, GuardAnswer][]
let answerResult: Result<void, ContractError>
let startResult: Result<unknown, ContractError>
let started: string[]
let opened: number
let changes: ReturnType<typeof createEmitter<void>>
let events: ReturnType<typeof createEmitter<GuardEvent>>
let notifications: Disposable

const notifier: Notifier = {
  show: (one) => void shown.push(one),
  close: (id) => void closed.push(id),
  dispose: () => undefined
}

const start = (openPanel: (() => void) | null = () => (opened += 1)): Disposable =>
  createGuardNotifications({
    notifier,
    guard: {
      view: () => view,
      answer: (watchId, victimId, choice) => {
        answers.push([watchId, victimId, choice])
        return answerResult
      },
      onChange: (listener) => changes.on(listener),
      onEvent: (listener) => events.on(listener)
    },
    startAgain: async (id) => {
      started.push(id)
      return startResult
    },
    openPanel,
    clock: { nowMs: () => Date.now(), monotonicMs: () => Date.now() },
    logger: quietLogger()
  })

beforeEach(() => {
  vi.useFakeTimers({ now: 1_790_000_000_000 })
  view = sampleGuardView
  shown = []
  closed = []
  answers = []
  answerResult = ok(undefined)
  startResult = ok(null)
  started = []
  opened = 0
  const fail = (error: unknown): never => {
    throw error
  }
  changes = createEmitter(fail)
  events = createEmitter(fail)
  notifications = start()
})
afterEach(() => {
  notifications.dispose()
  expect([changes.listenerCount, events.listenerCount, vi.getTimerCount()]).toEqual([0, 0, 0])
  vi.useRealTimers()
})

const set = (change: Partial<GuardViewBase>): void => {
  view = { ...view, ...change }
  changes.emit()
}
const askFor = (change: Partial<GuardAsk> = {}): GuardAsk => ({
  watchId: 'main',
  victimId: 'tiny',
  label: 'tiny',
  stage: 'warn',
  text: 'Memory will be below the floor in about 30 s.',
  actsAtMs: Date.now() + 30_000,
  victimBytes: 2 * GIB,
  ...change
})
const tell = (kind: GuardEvent['kind'], change: Partial<GuardEvent> = {}): void =>
  events.emit({
    sequence: 1,
    atMs: Date.now(),
    monotonicMs: Date.now(),
    watchId: 'main',
    kind,
    victimId: 'tiny',
    label: 'tiny',
    reasons: ['tiny grew 9 GiB in 4 s.'],
    availableBytes: 3 * GIB,
    floorBytes: 2 * GIB,
    secondsToEmpty: 3,
    bytes: 34.1 * GIB,
    ...change
  })
const last = (): Notification => shown.at(-1)!
const countdown = (): string => last().body.split('\n').at(-1)!
const labels = (): string[] => last().actions.map(({ label }) => label)

describe('the question', () => {
  it('comes with its buttons and is answered by them', () => {
    set({ ask: askFor() })
    expect(last()).toMatchObject({
      title: 'Memory is running out: tiny',
      body: 'Memory will be below the floor in about 30 s.\nWithout an answer Firebreak acts in about 30 s.',
      urgency: 'normal',
      stays: true
    })
    expect(labels()).toEqual(['Open Firebreak', 'Stop tiny', 'Let it go on'])
    last().onAction('stop')
    expect(answers).toEqual([['main', 'tiny', 'stop']])
  })

  it('follows the countdown: every 5 s, in the last 10 s every second, however often the guard speaks', () => {
    const actsAtMs = Date.now() + 20_000
    const seen: [number, string][] = []
    for (let tick = 0; tick <= 200; tick++) {
      const before = shown.length
      set({ ask: askFor({ actsAtMs, text: `available: ${tick}` }) })
      if (shown.length > before) seen.push([tick / 10, countdown()])
      expect(shown.length - before).toBeLessThanOrEqual(1)
      if (tick < 200) vi.advanceTimersByTime(100)
    }
    expect(shown.length).toBeLessThanOrEqual(2 + 11)
    expect(shown.map((one) => one.body.split('\n').at(-1))).toEqual([
      'Without an answer Firebreak acts in about 20 s.',
      'Without an answer Firebreak acts in about 15 s.',
      ...[10, 9, 8, 7, 6, 5, 4, 3, 2, 1].map((s) => `Without an answer Firebreak acts in ${s} s.`),
      'Without an answer Firebreak acts now.'
    ])
    expect(new Set(shown.map(({ id }) => id))).toEqual(new Set(['ask:main:tiny']))
  })

  it('counts down by itself while the guard says nothing new', () => {
    set({ ask: askFor({ actsAtMs: Date.now() + 3_000 }) })
    vi.advanceTimersByTime(10_000)
    expect(shown.map((one) => one.body.split(' in ').at(-1))).toHaveLength(4)
    expect(countdown()).toBe('Without an answer Firebreak acts now.')
  })

  it('is critical only when the guard is about to act or has frozen somebody', () => {
    set({ ask: askFor({ actsAtMs: Date.now() + 12_000 }) })
    expect(last().urgency).toBe('normal')
    vi.advanceTimersByTime(3_000)
    expect(last().urgency).toBe('critical')
    set({ ask: askFor({ stage: 'frozen', actsAtMs: null }) })
    expect(last().urgency).toBe('critical')
  })

  it('is none in a drill', () => {
    set({ ask: askFor({ watchId: 'drill' }) })
    set({ ask: askFor({ watchId: 'drill', stage: 'frozen' }) })
    expect(shown).toEqual([])
  })

  it('a new stage shows at once, with its third button', () => {
    set({ ask: askFor() })
    set({ ask: askFor({ stage: 'frozen', text: 'Paused tiny.', actsAtMs: null }) })
    expect(last().body).toBe(
      'Paused tiny.\nIt stays paused until you choose, unless memory falls below the floor.'
    )
    expect(labels()).toEqual(['Open Firebreak', 'Stop tiny', 'Let it go on', 'Keep paused'])
    last().onAction('keep-frozen')
    expect(answers).toEqual([['main', 'tiny', 'keep-frozen']])
  })

  it('another victim gets a notification of its own, so that a late click stops nobody else', () => {
    set({ ask: askFor() })
    const first = last()
    set({ ask: askFor({ victimId: 'big', label: 'big' }) })
    expect(closed).toEqual(['ask:main:tiny'])
    expect(last().id).toBe('ask:main:big')
    first.onAction('stop')
    expect(answers).toEqual([['main', 'tiny', 'stop']])
  })

  it('is withdrawn when nobody is asked any more, and at the end', () => {
    set({ ask: askFor() })
    set({ ask: null })
    expect(closed).toEqual(['ask:main:tiny'])
    set({ ask: askFor() })
    notifications.dispose()
    expect(closed).toEqual(['ask:main:tiny', 'ask:main:tiny'])
  })

  it('who closed it is left alone until the next stage; one that expired comes back', () => {
    set({ ask: askFor() })
    last().onClosed('expired')
    vi.advanceTimersByTime(5_000)
    set({ ask: askFor() })
    expect(shown).toHaveLength(2)
    last().onClosed('dismissed')
    vi.advanceTimersByTime(15_000)
    set({ ask: askFor() })
    expect(shown).toHaveLength(2)
    set({ ask: askFor({ stage: 'frozen' }) })
    expect(shown).toHaveLength(3)
  })

  it('a click on it opens the panel and answers nothing', () => {
    set({ ask: askFor() })
    last().onAction('default')
    expect([opened, answers]).toEqual([1, []])
  })

  it('an answer that came too late is told', () => {
    set({ ask: askFor() })
    answerResult = err(refusal)
    last().onAction('stop')
    expect(last()).toMatchObject({ title: 'Your answer for tiny came too late', body: refusal.message })
  })
})

describe('what was done', () => {
  it('is told with the proof, in place of the announcement', async () => {
    tell('terminate')
    expect(last()).toMatchObject({
      title: 'Stopping tiny',
      body: 'tiny grew 9 GiB in 4 s.',
      urgency: 'normal'
    })
    vi.advanceTimersByTime(1_000)
    tell('kill')
    tell('gone')
    vi.advanceTimersByTime(1_300)
    tell('memory-back')
    expect(shown).toHaveLength(2)
    expect(last()).toMatchObject({
      id: shown[0]!.id,
      title: 'Stopped tiny',
      body: '34.1 GiB came back in 2.3 s.'
    })
    expect(labels()).toEqual(['Open Firebreak', 'Start again', 'Show why'])
    last().onAction('again')
    expect(started).toEqual(['tiny'])
    last().onAction('show')
    expect(opened).toBe(1)
    await vi.runAllTimersAsync()
    expect(shown).toHaveLength(2)
  })

  it('starting again that fails is told', async () => {
    startResult = err({ ...refusal, message: 'Nothing new is started now.' })
    tell('kill')
    tell('memory-back')
    last().onAction('again')
    await vi.runAllTimersAsync()
    expect(last()).toMatchObject({ title: 'tiny was not started', body: 'Nothing new is started now.' })
  })

  it('only what Firebreak started can be started again', () => {
    tell('kill', { victimId: 'foreign', label: 'python3' })
    tell('memory-back', { victimId: 'foreign', label: 'python3' })
    expect(labels()).toEqual(['Open Firebreak', 'Show why'])
  })

  it('no panel, no button that opens it', () => {
    notifications.dispose()
    notifications = start(null)
    set({ ask: askFor() })
    expect(labels()).toEqual(['Stop tiny', 'Let it go on'])
    tell('failed')
    expect(labels()).toEqual([])
  })

  it('memory that stayed away and a victim that could not be stopped are said', () => {
    tell('kill')
    tell('memory-missing', { bytes: 0, reasons: [] })
    expect(last()).toMatchObject({
      title: 'Stopped tiny, but its memory has not come back',
      body: '3.0 GiB are available now.'
    })
    tell('failed', { reasons: ['No right to stop it.'] })
    expect(last()).toMatchObject({ title: 'tiny could not be stopped', urgency: 'critical' })
  })

  it('observe mode speaks once in five minutes, quietly', () => {
    tell('would')
    vi.advanceTimersByTime(299_000)
    tell('would')
    expect(shown).toHaveLength(1)
    expect(last()).toMatchObject({
      urgency: 'low',
      title: 'Would have stopped tiny',
      body: 'tiny grew 9 GiB in 4 s.\nObserve mode: nothing was done.'
    })
    vi.advanceTimersByTime(1_000)
    tell('would')
    expect(shown).toHaveLength(2)
  })

  it('the drill’s acts and old ones are not told', () => {
    tell('kill', { watchId: 'drill' })
    tell('memory-back', { atMs: Date.now() - 3_600_000 })
    expect(shown).toEqual([])
  })

  it('that nobody may be stopped is said once, and taken back', () => {
    const ranking = { victims: [], refused: [] }
    set({ level: 'warn', ranking, reasons: ['Memory will be used up in about 9 s.'] })
    set({ level: 'act' })
    expect(shown).toHaveLength(1)
    expect(last()).toMatchObject({
      urgency: 'critical',
      title: 'Memory is running out, and Firebreak may stop nothing',
      body: 'Memory will be used up in about 9 s.\nClose a program yourself, or allow one to be stopped.'
    })
    set({ level: 'watch' })
    expect(closed).toEqual(['helpless'])
  })
})

import { afterEach, describe, expect, test, vi } from 'vitest'
import { activityFigures, stepText, trainingShare } from '../../../src/renderer/src/format/activity.ts'
import { fitOf } from '../../../src/renderer/src/stores/estimates.ts'
import { FOUND_EVERY_MS } from '../../../src/renderer/src/stores/found-watch.ts'
import { foundKey } from '../../../src/renderer/src/stores/found.ts'
import { withPoint } from '../../../src/renderer/src/stores/training.ts'
import {
  hasModel,
  reportedSize,
  weightsOf
} from '../../../src/renderer/src/features/models/playbook-state.ts'
import type { RunnerActivity, TrainingProgress } from '../../../src/shared/model/runner.ts'
import { PLAYBOOKS, kinds } from '../../support/fake-core/kinds-scenario.ts'
import { onDisk } from '../../support/fake-core/models.ts'
import { GIB } from '../../support/fake-core/scenarios.ts'
import { fakePanel, readyPanel } from './fake-link.ts'

afterEach(() => void vi.useRealTimers())

const kindsPanel = () => readyPanel(kinds)

describe('runners that were started elsewhere', () => {
  const looks = (asked: readonly { readonly command: string }[]): number =>
    asked.filter(({ command }) => command === 'runners.found').length

  test('are looked for only while the Overview is seen', async () => {
    vi.useFakeTimers()
    const { panel, asked, show } = fakePanel(kinds)
    await vi.advanceTimersByTimeAsync(FOUND_EVERY_MS * 2)
    expect(looks(asked)).toBe(3)
    panel.app.getState().go('models')
    await vi.advanceTimersByTimeAsync(FOUND_EVERY_MS * 4)
    expect(looks(asked)).toBe(3)
    panel.app.getState().go('overview')
    show(false)
    await vi.advanceTimersByTimeAsync(FOUND_EVERY_MS * 4)
    expect(looks(asked)).toBe(4)
    show(true)
    expect(looks(asked)).toBe(5)
    panel.dispose()
    await vi.advanceTimersByTimeAsync(FOUND_EVERY_MS * 4)
    expect(looks(asked)).toBe(5)
  })

  test('a look that finds the same draws nothing', async () => {
    const { panel } = await kindsPanel()
    await panel.found.getState().look()
    const before = panel.found.getState().found
    expect(before.length).toBe(2)
    await panel.found.getState().look()
    expect(panel.found.getState().found).toBe(before)
    panel.dispose()
  })

  test('a stop names a process by its start too, and says what came back', async () => {
    const { panel, asked } = await kindsPanel()
    await panel.found.getState().look()
    const [one] = panel.found.getState().found
    expect(one).toBeDefined()
    if (one === undefined) return
    await panel.found.getState().stop(one)
    expect(asked.find(({ command }) => command === 'runners.stop-found')?.input).toEqual({
      pid: one.pid,
      startTicks: one.startTicks
    })
    expect(panel.found.getState().outcome?.text).toContain('came back')
    expect(panel.found.getState().found.map(foundKey)).not.toContain(foundKey(one))
    panel.dispose()
  })

  test('a refused stop is kept beside its runner, and goes with it', async () => {
    const { panel, refusals } = await kindsPanel()
    await panel.found.getState().look()
    const [one] = panel.found.getState().found
    if (one === undefined) throw new Error('none found')
    refusals.set('runners.stop-found', ({ id }) => ({
      v: 1,
      id,
      ok: false,
      error: { code: 'refused', message: 'It is another user’s.' }
    }))
    await panel.found.getState().stop(one)
    expect(panel.found.getState().errors.get(foundKey(one))?.code).toBe('refused')
    refusals.clear()
    await panel.found.getState().adopt(one)
    expect(panel.found.getState().errors.size).toBe(0)
    panel.dispose()
  })
})

describe('jobs', () => {
  test('come with their events, and a dismissed one stays away', async () => {
    const { panel, core, events } = await kindsPanel()
    await vi.waitFor(() => expect(panel.jobs.getState().jobs.length).toBe(2))
    const order = panel.jobs.getState().jobs.map(({ id }) => id)
    const before = panel.jobs.getState().jobs[0]?.doneBytes
    core.tick()
    for (const event of core.news()) events.emit(event)
    expect(panel.jobs.getState().jobs.map(({ id }) => id)).toEqual(order)
    expect(panel.jobs.getState().jobs[0]?.doneBytes).toBeGreaterThan(before ?? Infinity)
    panel.jobs.getState().dismiss('set-up-a')
    await panel.jobs.getState().load()
    expect(panel.jobs.getState().jobs.map(({ id }) => id)).toEqual(['download-a'])
    panel.dispose()
  })

  test('a download begins one, and when it is done the disk is looked at', async () => {
    const { panel, asked, events } = await kindsPanel()
    const source = PLAYBOOKS[2]?.source
    if (source === null || source === undefined) throw new Error('no source')
    await panel.jobs.getState().download(source)
    const job = panel.jobs.getState().jobs.find(({ label }) => label === source.repository)
    expect(job?.state).toBe('running')
    const before = asked.length
    events.emit({ v: 1, event: 'job', payload: { ...job, state: 'done' } })
    await vi.waitFor(() => expect(asked.slice(before).map((one) => one.command)).toContain('models.list'))
    panel.dispose()
  })
})

describe('a running one', () => {
  test('is asked for one thing at a time, and says what came of it', async () => {
    const { panel, asked } = await kindsPanel()
    const acts = panel.runnerActs.getState()
    await Promise.all([acts.free('ollama'), acts.free('ollama'), acts.unloadModel('ollama', 'llama3.2:3b')])
    expect(asked.filter(({ command }) => command === 'runners.free').length).toBe(1)
    expect(asked.some(({ command }) => command === 'runners.unload-model')).toBe(false)
    expect(panel.runnerActs.getState().busy.size).toBe(0)
    expect(panel.runnerActs.getState().outcomes.get('ollama')).toContain('came back')
    panel.dispose()
  })

  test('a restart is a stop and a start', async () => {
    const { panel, asked } = await kindsPanel()
    await panel.runnerActs.getState().restart('comfyui')
    const commands = asked.map(({ command }) => command).filter((one) => one.startsWith('runners.st'))
    expect(commands).toEqual(['runners.stop', 'runners.start'])
    panel.dispose()
  })

  test('its loss goes on from what was read, without being asked for again', async () => {
    const { panel, asked, events } = await kindsPanel()
    await panel.training.getState().load('llama-8b-lora')
    const before = panel.training.getState().curves.get('llama-8b-lora')?.points.length ?? 0
    expect(before).toBeGreaterThan(100)
    const view = kinds.runners(5).find(({ id }) => id === 'llama-8b-lora')
    events.emit({ v: 1, event: 'runner', payload: view })
    expect(panel.training.getState().curves.get('llama-8b-lora')?.points.length).toBe(before + 1)
    expect(asked.filter(({ command }) => command === 'runners.training').length).toBe(1)
    panel.dispose()
  })
})

describe('a loss curve', () => {
  test('takes a step once, begins anew where steps go back, and stays short', () => {
    const first = withPoint([], { step: 10, loss: 2 })
    expect(withPoint(first, { step: 10, loss: 2 })).toBe(first)
    expect(withPoint(first, { step: 10, loss: 1.9 })).toEqual([{ step: 10, loss: 1.9 }])
    expect(withPoint(first, { step: 2, loss: 3 })).toEqual([{ step: 2, loss: 3 }])
    let points: ReturnType<typeof withPoint> = []
    for (let step = 0; step < 9_000; step += 1) points = withPoint(points, { step, loss: 1 })
    expect(points.length).toBeLessThanOrEqual(2_001)
    expect(points.at(-1)?.step).toBe(8_999)
  })
})

describe('words of what a runner does', () => {
  const rest = { busy: false, requestsRunning: 0, requestsWaiting: 0, tokensPerS: 'unknown' } as const
  const words = (figures: ReturnType<typeof activityFigures>): readonly string[] =>
    figures.map(({ text }) => text)

  test('what it does not say is never a nought', () => {
    const silent = {
      busy: 'unknown',
      requestsRunning: 'unknown',
      requestsWaiting: 'not-supported',
      tokensPerS: 'not-supported',
      idleSinceMs: null
    } as const
    expect(words(activityFigures(silent, 0))).toEqual(['not reported', '–', '–'])
  })

  test('idle says since when, busy how fast and who waits', () => {
    expect(words(activityFigures({ ...rest, idleSinceMs: 1_000 }, 61_000))[0]).toMatch(/^Idle 60/)
    const busy = { busy: true, requestsRunning: 4, requestsWaiting: 7, tokensPerS: 41.68, idleSinceMs: null }
    expect(words(activityFigures(busy, 0))).toEqual(['Busy', '41.7\u00a0tok/s', '4, 7 wait'])
  })

  test('at rest the last speed stays and is said to be the last; before the first there is none', () => {
    const speed = (tokensPerS: RunnerActivity['tokensPerS']) =>
      words(activityFigures({ ...rest, tokensPerS, idleSinceMs: null }, 0))[1]
    expect(speed(30)).toBe('30.0\u00a0tok/s\u00a0last')
    expect(speed('unknown')).toBe('–')
    expect(speed(0)).toBe('–')
  })

  test('a job that does not say how long it is has steps but no share', () => {
    const progress: TrainingProgress = {
      step: 3,
      totalSteps: 'unknown',
      epoch: 'unknown',
      loss: 'unknown',
      secondsLeft: 'unknown',
      lastCheckpoint: null
    }
    expect(stepText(progress)).toBe('3 steps')
    expect(trainingShare(progress)).toBeNull()
    expect(trainingShare({ ...progress, totalSteps: 12 })).toBe(0.25)
  })
})

describe('what a playbook needs', () => {
  const source = { repository: 'o/n', revision: 'main', sizeBytes: 1, gated: false } as const
  const gguf = onDisk({ path: '/c/o--n/big-Q4_K_M.gguf', label: 'big', sizeBytes: 1, repository: 'o/n' })

  test.each([
    ['*.gguf', true],
    ['big-Q4_K_M.gguf', true],
    ['big-*_M.gguf', true],
    ['Q4/big-*.gguf', true],
    ['big-Q8_0.gguf', false],
    ['*Q8*', false],
    ['big-*.bin', false]
  ])('a GGUF file is there for %j: %j', (pattern, there) => {
    expect(hasModel({ ...source, files: [pattern] }, [gguf])).toBe(there)
  })

  test('part of it, or another repository, is not it', () => {
    const files = ['*']
    expect(hasModel({ ...source, files }, [{ ...gguf, isPartial: true }])).toBe(false)
    expect(hasModel({ ...source, files }, [{ ...gguf, repository: 'o/other' }])).toBe(false)
    expect(hasModel({ ...source, files }, [{ ...gguf, format: 'safetensors', path: 'o/n' }])).toBe(true)
  })

  test('at least its weights, where all that is downloaded is held', () => {
    const big = { ...source, files: ['*'], sizeBytes: 61 * GIB }
    expect(weightsOf({ kind: 'vllm', source: big })).toBe(61 * GIB)
    expect(weightsOf({ kind: 'finetune', source: big })).toBe(0)
    expect(weightsOf({ kind: 'vllm', source: null })).toBe(0)
  })

  test.each([
    [null, 'unknown'],
    [20 * GIB, 'fits'],
    [60 * GIB, 'does-not-fit']
  ] as const)('%j bytes as reported: %s', (memoryBytes, verdict) => {
    expect(fitOf(reportedSize({ memoryBytes }), 35 * GIB)).toBe(verdict)
  })
})

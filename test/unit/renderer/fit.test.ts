import { describe, expect, test, vi } from 'vitest'
import { GIB, unbroken } from '../../../src/renderer/src/format/bytes.ts'
import {
  ceilingWords,
  claimedOf,
  fitTitle,
  intervalWords,
  sourceWords,
  spokenForWords
} from '../../../src/renderer/src/format/fit.ts'
import { freeWords, roomWords } from '../../../src/renderer/src/format/sentence.ts'
import { contextHint, contextSteps, stepOf } from '../../../src/renderer/src/features/models/context-steps.ts'
import { factsKey, fitOf, sizeKey } from '../../../src/renderer/src/stores/estimates.ts'
import { changedLaunch } from '../../../src/renderer/src/stores/fit.ts'
import type { AdmissionStatus, Interval } from '../../../src/shared/model/estimate.ts'
import type { Profile } from '../../../src/shared/model/runner.ts'
import { FIT_SCENARIOS } from '../../support/fake-core/fit-scenarios.ts'
import { FACTS_BY_PATH } from '../../support/fake-core/model-facts.ts'
import { OSS, QWEN } from '../../support/fake-core/scenarios.ts'
import { fakePanel, readyPanel } from './fake-link.ts'

const tooBig = FIT_SCENARIOS['too-big']
const plain = (text: string): string => text.replaceAll('\u00a0', ' ')
const gib = (low: number, expected: number, peak: number): Interval => ({
  lowBytes: low * GIB,
  expectedBytes: expected * GIB,
  peakBytes: peak * GIB
})
const llama = tooBig.profiles.find(({ id }) => id === 'llama-3.3-70b')
if (llama === undefined) throw new Error('no such profile')

type Fake = Awaited<ReturnType<typeof readyPanel>>
const count = ({ asked }: Fake, command: string): number =>
  asked.filter((one) => one.command === command).length

/** The Models page is shown, and every size on it is known. */
async function modelsPage(): Promise<Fake> {
  const fake = await readyPanel(tooBig)
  fake.panel.app.getState().go('models')
  await vi.waitFor(() => {
    const { profiles, models } = fake.panel.estimates.getState()
    expect(models?.size).toBe(tooBig.models.length)
    expect(profiles.size).toBe(tooBig.profiles.length)
  })
  return fake
}

test('what is not known is not 0', () => {
  expect(intervalWords(gib(0, 0, 0))).toBe('not known')
  expect(plain(intervalWords(gib(1, 2, 3)))).toBe('about 2.0 GiB, at most 3.0 GiB')
})

test.each([
  ['4096', 8192, '0 = as trained: 8,192'],
  ['8192', 8192, '0 = as trained: 8,192'],
  ['8193', 8192, 'Longer than the 8,192 it was trained with: answers may get worse.'],
  ['99999', null, '0 = as trained']
] as const)('a context of %s of %s', (typed, trained, hint) => expect(contextHint(typed, trained)).toBe(hint))

describe('sizes', () => {
  test('are asked for when the page that shows them comes, once each', async () => {
    const fake = await readyPanel(tooBig)
    expect(count(fake, 'estimate.profile') + count(fake, 'estimate.models')).toBe(0)
    fake.panel.dispose()
    const shown = await modelsPage()
    expect(count(shown, 'estimate.models')).toBe(1)
    expect(count(shown, 'estimate.profile')).toBe(tooBig.profiles.length)
    shown.panel.dispose()
  })

  test('ticks, and another look at the same files, ask for nothing', async () => {
    const fake = await modelsPage()
    const before = fake.asked.length
    for (let tick = 0; tick < 20; tick += 1) fake.events.emit(fake.core.tick())
    expect(fake.asked.length).toBe(before)
    await fake.panel.runners.getState().look()
    expect(count(fake, 'estimate.models')).toBe(1)
    expect(count(fake, 'estimate.profile')).toBe(tooBig.profiles.length)
    fake.panel.dispose()
  })

  test('a profile that changes is asked for anew, alone', async () => {
    const fake = await modelsPage()
    const changed = { ...llama, settings: { ...llama.settings, contextTokens: 4096 } } as Profile
    await fake.panel.runners.getState().saveProfile(changed)
    await vi.waitFor(() => expect(fake.panel.estimates.getState().profiles.has(sizeKey(changed))).toBe(true))
    expect(count(fake, 'estimate.profile')).toBe(tooBig.profiles.length + 1)
    fake.panel.dispose()
  })

  test('one that ran is asked for anew: it has been measured', async () => {
    const fake = await modelsPage()
    const view = tooBig.runners(0).find(({ id }) => id === QWEN.id)
    fake.events.emit({ v: 1, event: 'runner', payload: { ...view, state: 'stopped' } })
    await vi.waitFor(() => expect(count(fake, 'estimate.profile')).toBe(tooBig.profiles.length + 1))
    fake.panel.dispose()
  })

  test('a lost connection leaves them open, and its return asks again', async () => {
    const fake = fakePanel(tooBig)
    await vi.waitFor(() => expect(fake.panel.runners.getState().loaded).toBe(true))
    fake.refusals.set('estimate.profile', ({ id }) => ({
      v: 1,
      id,
      ok: false,
      error: { code: 'disconnected', message: 'gone' }
    }))
    fake.panel.app.getState().go('models')
    await vi.waitFor(() => expect(count(fake, 'estimate.profile')).toBeGreaterThan(0))
    expect(fake.panel.estimates.getState().profiles.size).toBe(0)
    fake.refusals.clear()
    fake.become('lost')
    fake.become('connected')
    await vi.waitFor(() => expect(fake.panel.estimates.getState().profiles.size).toBe(tooBig.profiles.length))
    fake.panel.dispose()
  })

  test('a header is read once; what cannot be read says why', async () => {
    const fake = await readyPanel(tooBig)
    const { readFacts } = fake.panel.estimates.getState()
    for (const path of [QWEN.modelPath, QWEN.modelPath, '/nowhere.gguf']) readFacts(path, 'llamacpp')
    const facts = (path: string) => fake.panel.estimates.getState().facts.get(factsKey(path, 'llamacpp'))
    await vi.waitFor(() => expect(facts('/nowhere.gguf')).not.toBeNull())
    expect(count(fake, 'models.facts')).toBe(2)
    expect(facts(QWEN.modelPath)).toMatchObject({ ok: true, value: { architecture: 'qwen3' } })
    expect(facts('/nowhere.gguf')).toMatchObject({ ok: false, error: { code: 'model-missing' } })
    fake.panel.dispose()
  })
})

describe('a mark', () => {
  const size = { total: gib(30, 35, 40), confidence: 'good' } as const
  test.each([
    [41, 'fits'],
    [40, 'fits'],
    [39, 'tight'],
    [35, 'tight'],
    [34, 'does-not-fit'],
    [0, 'does-not-fit']
  ] as const)('with %d GiB to take: %s', (free, verdict) => expect(fitOf(size, free * GIB)).toBe(verdict))

  test('of what nothing is known, or before the first tick, is none', () => {
    expect(fitOf({ ...size, confidence: 'unknown' }, 99 * GIB)).toBe('unknown')
    expect(fitOf(null, 99 * GIB)).toBe('unknown')
    expect(fitOf(undefined, 99 * GIB)).toBe('unknown')
    expect(fitOf(size, null)).toBe('unknown')
    expect(fitTitle(null, 'unknown')).toContain('not known')
  })

  test('its title has the peak', () => {
    expect(plain(fitTitle(size, 'tight'))).toContain('Expected 35.0 GiB, at most 40.0 GiB.')
  })
})

describe('a start that does not fit', () => {
  /** Refused, with its ways out. */
  async function refused(): Promise<Fake> {
    const fake = await readyPanel(tooBig)
    await fake.panel.runners.getState().start({ target: llama?.id ?? '' })
    await vi.waitFor(() => expect(fake.panel.fit.getState().refused?.view).not.toBeNull())
    return fake
  }
  const starts = ({ asked }: Fake): readonly unknown[] =>
    asked.filter(({ command }) => command === 'runners.start').map(({ input }) => input)

  test('is told once, in the dialog, with every way out', async () => {
    const fake = await refused()
    const { refused: told } = fake.panel.fit.getState()
    expect(told).toMatchObject({ label: 'llama-3.3-70b', error: { code: 'does-not-fit' } })
    expect(told?.view?.options.map(({ kind }) => kind)).toEqual([
      'settings',
      'settings',
      'stop',
      'wait',
      'anyway'
    ])
    expect(fake.panel.runners.getState().errors.size).toBe(0)
    fake.panel.dispose()
  })

  test('whose ways out cannot be told says why', async () => {
    const fake = await readyPanel(tooBig)
    fake.refusals.set('estimate.get', ({ id }) => ({
      v: 1,
      id,
      ok: false,
      error: { code: 'timeout', message: 'No answer.' }
    }))
    await fake.panel.runners.getState().start({ target: llama?.id ?? '' })
    await vi.waitFor(() => expect(fake.panel.fit.getState().problem?.code).toBe('timeout'))
    expect(fake.panel.fit.getState().refused?.view).toBeNull()
    fake.panel.dispose()
  })

  test('waits, and is told as waiting', async () => {
    const fake = await refused()
    await fake.panel.fit.getState().start({ waits: true })
    expect(starts(fake).at(-1)).toEqual({ target: 'llama-3.3-70b', waits: true })
    expect(fake.panel.fit.getState()).toMatchObject({ refused: null, busy: false })
    const view = fake.panel.runners.getState().runners.find(({ id }) => id === 'llama-3.3-70b')
    expect(view?.state).toBe('waiting')
    fake.panel.dispose()
  })

  test('starts with other settings for this run', async () => {
    const fake = await refused()
    const option = fake.panel.fit
      .getState()
      .refused?.view?.options.find((one) => one.kind === 'settings' && one.verdict === 'fits')
    if (option?.kind !== 'settings') throw new Error('none')
    await fake.panel.fit.getState().start({}, { settings: option.settings })
    expect(starts(fake).at(-1)).toEqual({ target: 'llama-3.3-70b', settings: option.settings })
    expect(fake.panel.fit.getState().refused).toBeNull()
    fake.panel.dispose()
  })

  test('settings that do not help bring it again, with what is true then', async () => {
    const fake = await refused()
    await fake.panel.fit.getState().start({}, { settings: { contextTokens: 131_072 } })
    const { refused: told, busy } = fake.panel.fit.getState()
    expect(told?.launch).toMatchObject({ input: { settings: { contextTokens: 131_072 } } })
    expect(busy).toBe(false)
    fake.panel.dispose()
  })

  test('first stops others, then starts', async () => {
    const fake = await refused()
    const before = fake.asked.length
    await fake.panel.fit.getState().stopAndStart([QWEN.id])
    expect(fake.asked.slice(before).map(({ command }) => command)).toEqual(
      expect.arrayContaining(['runners.stop', 'runners.start'])
    )
    fake.panel.dispose()
  })

  test('starts nothing where the stop was refused, and says why', async () => {
    const fake = await refused()
    fake.refusals.set('runners.stop', ({ id }) => ({
      v: 1,
      id,
      ok: false,
      error: { code: 'timeout', message: 'It does not end.' }
    }))
    const before = starts(fake).length
    await fake.panel.fit.getState().stopAndStart([QWEN.id])
    expect(starts(fake).length).toBe(before)
    expect(fake.panel.fit.getState()).toMatchObject({ busy: false, problem: { code: 'timeout' } })
    expect(fake.panel.fit.getState().refused).not.toBeNull()
    fake.panel.dispose()
  })

  test('anyway needs the phrase', async () => {
    const fake = await refused()
    await fake.panel.fit.getState().start({ phrase: 'something else' })
    expect(fake.panel.fit.getState().refused).not.toBeNull()
    await fake.panel.fit.getState().start({ phrase: 'llama-3.3-70b' })
    expect(fake.panel.fit.getState().refused).toBeNull()
    fake.panel.dispose()
  })

  test('of a playbook leaves no profile behind, until a way out is taken', async () => {
    const fake = await readyPanel(tooBig)
    const fresh = { ...llama, id: 'fresh', label: 'fresh' } as Profile
    fake.refusals.set('runners.start', ({ id, input }) =>
      (input as { waits?: boolean }).waits === true
        ? { v: 1, id, ok: true, value: { ...tooBig.runners(0)[2], id: 'fresh', state: 'waiting' } }
        : { v: 1, id, ok: false, error: { code: 'does-not-fit', message: 'Too big.' } }
    )
    const has = (): boolean => fake.panel.runners.getState().profiles.some(({ id }) => id === 'fresh')
    await fake.panel.runners.getState().startPlaybook(fresh)
    expect(has()).toBe(false)
    expect(fake.panel.fit.getState().refused?.launch.how).toBe('new')
    await fake.panel.fit.getState().start({ waits: true })
    expect(has()).toBe(true)
    expect(fake.panel.fit.getState().refused).toBeNull()
    fake.panel.dispose()
  })

  test('another model runs as this one would', () => {
    const launch = { how: 'saved', input: { target: OSS.id } } as const
    const changed = changedLaunch(launch, { modelPath: '/m/small.gguf' }, [OSS])
    expect(changed).toEqual({
      how: 'saved',
      input: { target: '/m/small.gguf', kind: 'llamacpp', settings: OSS.settings }
    })
  })
})

describe('the context slider', () => {
  const steps = contextSteps(FACTS_BY_PATH.get(QWEN.modelPath) ?? null)

  test('goes up to what the model was trained with, which 0 stands for', () => {
    expect(steps[0]).toBe(512)
    expect(steps.at(-1)).toBe(40_960)
    expect(steps.toSorted((a, b) => a - b)).toEqual(steps)
    expect(new Set(steps).size).toBe(steps.length)
    expect(stepOf(0, steps)).toBe(steps.length - 1)
    expect(contextSteps(null).at(-1)).toBe(131_072)
  })

  test.each([
    [8192, 8192],
    [9000, 8192],
    [1, 512],
    [1e9, 40_960]
  ])('%d tokens stand at %d', (tokens, at) => expect(steps[stepOf(tokens, steps)]).toBe(at))
})

describe('words', () => {
  const admission: AdmissionStatus = {
    allocatableBytes: 33 * GIB,
    reservedBytes: 50 * GIB,
    growthBytes: 0,
    reservations: [
      { runnerId: 'a', label: 'a', bytes: 62 * GIB, takenBytes: 12 * GIB },
      { runnerId: 'b', label: 'b', bytes: 5 * GIB, takenBytes: 5 * GIB }
    ],
    waiting: []
  }

  test('what is spoken for is not free', () => {
    const words = (over: Partial<AdmissionStatus>): string =>
      plain(freeWords({ freeForModelsBytes: 83 * GIB, admission: { ...admission, ...over } }))
    expect(words({})).toBe('33 GiB free for models, 50 GiB spoken for')
    expect(words({ allocatableBytes: 0 })).toBe('Nothing left for models, 50 GiB spoken for')
    expect(words({ reservedBytes: 0 })).toBe('83 GiB free for models')
    expect(plain(roomWords({ ...admission, reservedBytes: 0 }))).toBe('33 GiB free for models')
    expect(claimedOf({ ...admission, reservedBytes: 0 })).toBeNull()
    const claimed = claimedOf({ ...admission, growthBytes: 2 * GIB })
    expect(claimed?.bytes).toBe(52 * GIB)
    expect(plain(claimed?.title ?? '')).toContain('Running models may still grow by 2.0 GiB')
    expect(plain(spokenForWords(admission))).toBe(
      'Spoken for, not taken yet: 50 GiB (a 62 GiB, 12 GiB of it taken)'
    )
  })

  test('which number is shown, and how wrong the formula was', () => {
    const measured = { restingBytes: 24 * GIB, peakBytes: 26 * GIB, runs: 4, lastAtMs: 0, errorPct: -1.8 }
    const view = { measured, formula: gib(23, 23.6, 25) }
    const words = (source: 'formula' | 'planner' | 'measured', of: typeof view | null): string =>
      plain(sourceWords({ source, confidence: 'good' }, of))
    expect(words('measured', view)).toContain('in 4 runs; the formula was 1.8 % too low.')
    expect(words('planner', { ...view, measured: null as never })).toContain('By formula: about 24 GiB')
    expect(words('formula', null)).toBe('Computed from the model’s own header.')
    expect(words('formula', { measured, formula: null as never })).toContain('Measured here before: 24.0 GiB')
  })

  test('a ceiling is called one', () => {
    expect(ceilingWords(6.57)).toMatch(/^At most 6\.6 tokens\/s.*A ceiling, not a promise\.$/)
    expect(ceilingWords(41.2)).toContain('At most 41 tokens/s')
  })

  test('a number stays with its unit', () => {
    expect(unbroken('it is 5.0 GiB short, 12 % of 3 tokens')).toBe(
      'it is 5.0\u00a0GiB short, 12\u00a0% of 3 tokens'
    )
  })
})

test('the list of those that wait stays the same object while it says the same', async () => {
  const fake = await readyPanel(FIT_SCENARIOS.waiting)
  fake.events.emit(fake.core.tick())
  const before = fake.panel.live.getState().waiting
  expect(before.map(({ runnerId }) => runnerId)).toEqual(['qwen3-32b', 'gemma-3-27b'])
  fake.events.emit(fake.core.tick())
  expect(fake.panel.live.getState().waiting).toBe(before)
  fake.panel.dispose()
})

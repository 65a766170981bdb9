import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { LOOK_EVERY_MS } from '../../../src/renderer/src/stores/model-watch.ts'
import { READ_AFTER_MS } from '../../../src/renderer/src/stores/passing-notices.ts'
import type { RunnerView } from '../../../src/shared/model/runner.ts'
import type { Notice } from '../../../src/shared/model/status.ts'
import { SCENARIOS } from '../../support/fake-core/scenarios.ts'
import { onDisk } from '../../support/fake-core/models.ts'
import { readyPanel } from './fake-link.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

type Fake = Awaited<ReturnType<typeof readyPanel>>

const count = ({ asked }: Fake, command: string): number =>
  asked.filter((one) => one.command === command).length

/** Time passes on a core that ticks. */
const pass = async ({ events, core }: Fake, ms: number): Promise<void> => {
  for (let at = 0; at < ms; at += 1000) {
    events.emit(core.tick())
    await vi.advanceTimersByTimeAsync(1000)
  }
}

const someView = (changes: Partial<RunnerView>): RunnerView => {
  const [first] = SCENARIOS.calm.runners(0)
  if (first === undefined) throw new Error('the scenario has no runner')
  return { ...first, ...changes }
}

const tell = ({ events }: Fake, event: string, payload: unknown): void =>
  events.emit({ v: 1, event, payload })

describe('what is on disk', () => {
  test('is looked for again when a page that lists it is shown, and every 10 s while it is', async () => {
    const fake = await readyPanel()
    const { panel, show } = fake
    fake.asked.length = 0
    await pass(fake, 3 * LOOK_EVERY_MS)
    expect(count(fake, 'models.list')).toBe(0)
    panel.app.getState().go('models')
    await vi.advanceTimersByTimeAsync(0)
    expect(count(fake, 'models.list')).toBe(1)
    await pass(fake, 2 * LOOK_EVERY_MS)
    expect(count(fake, 'models.list')).toBe(3)
    expect(count(fake, 'runners.installed')).toBe(3)
    show(false)
    await pass(fake, 3 * LOOK_EVERY_MS)
    expect(count(fake, 'models.list')).toBe(3)
    show(true)
    await vi.advanceTimersByTimeAsync(0)
    expect(count(fake, 'models.list')).toBe(4)
    panel.dispose()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a look that finds nothing new draws nothing; one that finds a file shows it', async () => {
    const { panel, refusals } = await readyPanel()
    const before = panel.runners.getState()
    await before.look()
    expect(panel.runners.getState().models).toBe(before.models)
    const added = onDisk({ path: '/m/new.gguf', label: 'new', sizeBytes: 5 })
    refusals.set('models.list', ({ id }) => ({
      v: 1,
      id,
      ok: true,
      value: { models: [added], searched: ['/m'] }
    }))
    await before.look()
    expect(panel.runners.getState().models).toEqual([added])
    panel.dispose()
  })
})

describe('profiles made elsewhere', () => {
  test('are read when an event names one that is not known, once', async () => {
    const fake = await readyPanel()
    fake.asked.length = 0
    for (let at = 0; at < 3; at += 1) {
      tell(fake, 'runner', someView({ id: 'from-cli', label: 'from cli', state: 'loading' }))
    }
    await vi.advanceTimersByTimeAsync(0)
    expect(count(fake, 'profiles.list')).toBe(1)
    fake.panel.dispose()
  })

  test('are read when one is removed or renamed, and not for an event of a known one', async () => {
    const fake = await readyPanel()
    fake.asked.length = 0
    tell(fake, 'runner', someView({}))
    expect(count(fake, 'profiles.list')).toBe(0)
    tell(fake, 'runner', someView({ label: 'another name' }))
    tell(fake, 'runner-removed', { id: 'embed' })
    expect(count(fake, 'profiles.list')).toBe(2)
    fake.panel.dispose()
  })
})

describe('what is no longer true goes', () => {
  test('a refused start, when the model starts after all, whoever started it', async () => {
    const fake = await readyPanel()
    const { runners } = fake.panel
    await runners.getState().start({ target: 'gemma-3-27b' })
    expect(runners.getState().errors.has('gemma-3-27b')).toBe(true)
    tell(fake, 'runner', someView({ id: 'gemma-3-27b', state: 'failed' }))
    expect(runners.getState().errors.has('gemma-3-27b')).toBe(true)
    tell(fake, 'runner', someView({ id: 'gemma-3-27b', state: 'loading' }))
    expect(runners.getState().errors.has('gemma-3-27b')).toBe(false)
    fake.panel.dispose()
  })

  test('what was said of a setting, when it is typed anew', async () => {
    const { panel } = await readyPanel()
    panel.settings.getState().refuse('loadTimeoutS', 'no')
    panel.settings.getState().typed('loadTimeoutS')
    expect(panel.settings.getState().fields.size).toBe(0)
    panel.dispose()
  })

  const taken: Notice = {
    id: 'n1',
    atMs: 1,
    severity: 'info',
    text: 'Qwen was still running and has been taken back.',
    whatToDo: null
  }

  test('a notice that asks for nothing, once read; one that asks for something stays', async () => {
    const fake = await readyPanel()
    const { app } = fake.panel
    const before = app.getState().notices
    fake.show(false)
    tell(fake, 'notice', taken)
    tell(fake, 'notice', { ...taken, id: 'n2', severity: 'error' })
    await pass(fake, 2 * READ_AFTER_MS)
    expect(app.getState().notices).toContainEqual(taken)
    fake.show(true)
    await pass(fake, READ_AFTER_MS)
    expect(app.getState().notices.map((one) => one.id)).toEqual([...before.map((one) => one.id), 'n2'])
    expect(count(fake, 'app.dismiss-notice')).toBe(1)
    fake.panel.dispose()
  })

  test('a notice about a model that does something else now', async () => {
    const fake = await readyPanel()
    const view = someView({})
    tell(fake, 'notice', { ...taken, text: `${view.label} was still running and has been taken back.` })
    tell(fake, 'runner', view)
    expect(fake.panel.app.getState().notices.some((one) => one.id === 'n1')).toBe(true)
    tell(fake, 'runner', { ...view, state: 'stopping' })
    expect(fake.panel.app.getState().notices.some((one) => one.id === 'n1')).toBe(false)
    fake.panel.dispose()
  })

  test('a dismissed notice is not brought back by an answer that was on its way', async () => {
    const fake = await readyPanel()
    tell(fake, 'notice', taken)
    await fake.panel.app.getState().dismiss('n1')
    fake.refusals.set('app.notices', ({ id }) => ({ v: 1, id, ok: true, value: [taken] }))
    await fake.panel.app.getState().load()
    expect(fake.panel.app.getState().notices).toEqual([])
    fake.panel.dispose()
  })
})

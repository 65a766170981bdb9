import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createAdmission } from '../../../../../src/main/runners/admission/admission.ts'
import { SETTLE_MS } from '../../../../../src/main/runners/admission/claims.ts'
import { ESTIMATE_DEADLINE_MS } from '../../../../../src/main/runners/admission/estimate-in-time.ts'
import type { Admission, LaunchTicket, LaunchWish } from '../../../../../src/main/runners/admission/types.ts'
import type { ContractError } from '../../../../../src/shared/contract/errors.ts'
import type { Estimate } from '../../../../../src/shared/model/estimate.ts'
import type { Profile, RunnerState, RunnerView } from '../../../../../src/shared/model/runner.ts'
import type { Result } from '../../../../../src/shared/util/result.ts'
import { quietLogger, sampleProfile, sampleRunner } from '../../../../support/fake-core.ts'

const GIB = 1024 ** 3
const PLAIN: LaunchWish = { waits: false, phrase: null }

const estimateOf = (
  expected: number,
  peak: number,
  growth = 0,
  confidence: Estimate['confidence'] = 'good'
): Estimate => ({
  parts: [],
  total: { lowBytes: 0, expectedBytes: expected * GIB, peakBytes: peak * GIB },
  growthBytes: growth * GIB,
  source: 'formula',
  confidence,
  notes: [],
  bytesPerContextToken: null,
  activeWeightBytes: null
})

/** A machine with 10 GiB kept for the desktop, and runners that a test moves by hand. */
describe('admission', () => {
  let availableGib: number
  let nowMs: number
  let hold: string | null
  let isDiscrete: boolean
  let isGpuKnown: boolean
  let estimates: Map<string, Estimate | Promise<never>>
  let containers: Set<string>
  let views: Map<string, RunnerView>
  let admission: Admission
  let words: string[]

  const profileOf = (id: string): Profile => ({
    ...sampleProfile(id),
    label: id.toUpperCase(),
    container: containers.has(id)
      ? { image: 'a', gpus: true, shmMiB: 0, hostIpc: false, mounts: [], env: [] }
      : null
  })

  beforeEach(() => {
    availableGib = 60
    nowMs = 0
    hold = null
    isDiscrete = false
    isGpuKnown = true
    estimates = new Map<string, Estimate | Promise<never>>()
    containers = new Set()
    views = new Map()
    words = []
    admission = createAdmission({
      clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
      logger: quietLogger(),
      availableBytes: () => availableGib * GIB,
      reserveBytes: () => 10 * GIB,
      memTotalBytes: () => 100 * GIB,
      async estimate({ id }) {
        const estimate = await estimates.get(id)
        if (estimate === undefined) throw new Error(`no estimate of ${id}`)
        return { estimate }
      },
      isDiscrete: () => isDiscrete,
      isGpuKnown: () => isGpuKnown,
      profileOf,
      hold: () => hold
    })
  })
  afterEach(() => admission.dispose())

  const ask = (id: string, wish: LaunchWish = PLAIN): Promise<Result<LaunchTicket, ContractError>> =>
    admission.ask(profileOf(id), wish, (text) => words.push(`${id}: ${text}`))

  async function admit(id: string, wish: LaunchWish = PLAIN): Promise<LaunchTicket> {
    const asked = await ask(id, wish)
    if (!asked.ok) throw new Error(asked.error.message)
    return asked.value
  }

  function become(id: string, state: RunnerState, gib = 0, pids: readonly number[] = [1]): void {
    const bytes = { gpuBytes: gib * GIB, hostBytes: 0, fileBytes: 0 }
    views.set(id, { ...sampleRunner(id, state), label: id.toUpperCase(), bytes, pids })
    admission.update([...views.values()])
  }

  const isSettled = async (ticket: LaunchTicket): Promise<boolean> => {
    const pending = Symbol('pending')
    // Before its turn it is estimated anew.
    await new Promise(setImmediate)
    return (await Promise.race([ticket.turn, Promise.resolve(pending)])) !== pending
  }
  const allocatableGib = (): number => admission.status().allocatableBytes / GIB

  test('what fits is launched at once, its peak reserved, and counted once while it fills', async () => {
    estimates.set('a', estimateOf(20, 24))
    const ticket = await admit('a')
    expect(ticket.waitsFor).toBeNull()
    expect(ticket.note).toBeNull()
    expect(allocatableGib()).toBe(26)
    become('a', 'loading', 12)
    availableGib = 48
    expect(allocatableGib()).toBe(26)
    expect(admission.status()).toMatchObject({
      reservedBytes: 12 * GIB,
      reservations: [{ runnerId: 'a', label: 'A', bytes: 24 * GIB, takenBytes: 12 * GIB }],
      waiting: []
    })
  })

  test('what does not fit is refused with its numbers and what to do', async () => {
    estimates.set('a', estimateOf(60, 62))
    expect(await ask('a')).toEqual({
      ok: false,
      error: {
        code: 'does-not-fit',
        message:
          'A needs 60.0 GiB, 62.0 GiB at its peak; 50.0 GiB are free for models: it is 10.0 GiB short. Stop ' +
          'something else, give it less context or a smaller model, or let it wait until there is room.'
      }
    })
    expect(admission.status()).toMatchObject({ reservations: [], waiting: [] })
  })

  test('a start that this machine can never hold is not told to wait, nor to shorten what it has not', async () => {
    estimates.set('a', estimateOf(95, 96))
    const refused = async (profile: Profile): Promise<string> => {
      const asked = await admission.ask(profile, PLAIN, () => undefined)
      return asked.ok ? '' : asked.error.message
    }
    expect(await refused(profileOf('a'))).toBe(
      'A needs 95.0 GiB, but this machine has 90.0 GiB beside what is kept for the desktop: no wait makes room for ' +
        'it. Give it less context, or choose a smaller model.'
    )
    const image = { ...profileOf('a'), kind: 'comfyui', settings: {} } as Profile
    expect(await refused(image)).toMatch(/no wait makes room for it\. Choose a smaller model\.$/)
    estimates.set('a', estimateOf(60, 62))
    expect(await refused(image)).toMatch(/Stop something else, give it a smaller model, or let it wait/)
    const typed = await ask('a', { waits: false, phrase: 'other' })
    expect(!typed.ok && typed.error.message).toContain('type its name: A.')
  })

  test('of two asked at once, only one gets the last memory', async () => {
    estimates.set('a', estimateOf(30, 30)).set('b', estimateOf(30, 30))
    const asked = await Promise.all([ask('a'), ask('b')])
    expect(asked.map(({ ok }) => ok)).toEqual([true, false])
    const [, second] = asked
    expect(second?.ok === false && second.error.message).toContain(
      '50.0 GiB are free for models, but 30.0 GiB are promised to A, which is loading: it is 10.0 GiB short.'
    )
  })

  test('what fits but for its peak is launched, and said', async () => {
    estimates.set('a', estimateOf(45, 55))
    const ticket = await admit('a')
    expect(ticket.waitsFor).toBeNull()
    expect(ticket.note?.text).toContain('its peak is 5.0 GiB over')
    expect(ticket.note?.whatToDo).toContain('the guard acts')
    expect(allocatableGib()).toBe(0)
  })

  test('what nothing is known of is launched; its log says so', async () => {
    estimates.set('a', estimateOf(0, 0, 0, 'unknown'))
    const ticket = await admit('a')
    expect(ticket.waitsFor).toBeNull()
    expect(ticket.note).toEqual({
      text: 'How much A needs is not known; 50.0 GiB are free for models.',
      whatToDo: null
    })
  })

  test('an estimate that fails, or figures that cannot be read, refuse nobody', async () => {
    const unknown = await admit('nobody')
    expect(unknown.waitsFor).toBeNull()
    unknown.release()
    estimates.set('a', estimateOf(60, 60))
    availableGib = 0
    const unread = await admit('a')
    expect(unread.waitsFor).toBeNull()
    expect(unread.note?.text).toContain('could not be read')
  })

  test('an estimate that never comes holds a launch up no longer than its deadline', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      estimates.set('a', new Promise<never>(() => undefined))
      const asked = admit('a')
      await vi.advanceTimersByTimeAsync(ESTIMATE_DEADLINE_MS)
      expect(await asked).toMatchObject({ waitsFor: null })
    } finally {
      vi.useRealTimers()
    }
  })

  test('a GPU with memory of its own is not counted against the memory of the system', async () => {
    isDiscrete = true
    estimates.set('a', estimateOf(80, 80))
    expect(await admit('a')).toMatchObject({ waitsFor: null })
    expect(allocatableGib()).toBe(50)
  })

  test('one load at a time: the next waits with its room reserved, and starts when the first is ready', async () => {
    estimates.set('a', estimateOf(20, 20)).set('b', estimateOf(20, 20))
    await admit('a')
    const next = await admit('b')
    expect(next.waitsFor).toBe('Waits until A has loaded.')
    expect(allocatableGib()).toBe(10)
    expect(admission.status().waiting).toEqual([
      { runnerId: 'b', label: 'B', text: 'Waits until A has loaded.' }
    ])
    become('a', 'loading', 19)
    expect(await isSettled(next)).toBe(false)
    become('a', 'ready', 20)
    expect(await next.turn).toEqual({ ok: true, value: undefined })
    expect(next.waitsFor).toBeNull()
  })

  test('an image that is fetched holds up nobody', async () => {
    estimates.set('a', estimateOf(20, 20)).set('b', estimateOf(20, 20))
    containers.add('a')
    await admit('a')
    become('a', 'starting', 0, [])
    expect(await admit('b')).toMatchObject({ waitsFor: null })
  })

  test('a load that fails gives its turn and its memory to the next', async () => {
    estimates.set('a', estimateOf(20, 20)).set('b', estimateOf(20, 20))
    await admit('a')
    const next = await admit('b')
    become('a', 'starting')
    become('a', 'failed')
    expect(await isSettled(next)).toBe(true)
    expect(admission.status().reservations).toMatchObject([{ runnerId: 'b' }])
  })

  test('a launch that came to nothing gives back what was reserved', async () => {
    estimates.set('a', estimateOf(20, 20))
    const ticket = await admit('a')
    ticket.release()
    expect(admission.status().reservations).toEqual([])
    expect(allocatableGib()).toBe(50)
  })

  test('after a stop the next waits for the memory to come back', async () => {
    estimates.set('b', estimateOf(40, 40)).set('c', estimateOf(45, 45))
    availableGib = 20
    become('a', 'stopping', 40)
    const next = await admit('b')
    expect(next.waitsFor).toBe('Waits for the memory of A to come back.')
    // It is not there yet, so nothing of it is reserved.
    expect(admission.status().reservations).toEqual([])
    availableGib = 60
    become('a', 'stopping')
    expect(await isSettled(next)).toBe(false)
    become('a', 'stopped', 0, [])
    expect(await isSettled(next)).toBe(true)
  })

  test('memory that never came back: the start that waited for it fails with its numbers', async () => {
    estimates.set('b', estimateOf(40, 40))
    availableGib = 20
    become('a', 'stopping', 40)
    const next = await admit('b')
    become('a', 'stopped', 0, [])
    expect(await next.turn).toMatchObject({ ok: false, error: { code: 'does-not-fit' } })
    expect(admission.status()).toMatchObject({ reservations: [], waiting: [] })
  })

  test('a start that may wait says how much is missing, and starts when there is room', async () => {
    estimates.set('a', estimateOf(62.3, 63))
    const ticket = await admit('a', { waits: true, phrase: null })
    expect(ticket.waitsFor).toBe('Waits for 12.3 GiB: starts when there is room.')
    availableGib = 62.3
    admission.update([])
    expect(ticket.waitsFor).toBe('Waits for 10.0 GiB: starts when there is room.')
    expect(words.at(-1)).toBe('a: Waits for 10.0 GiB: starts when there is room.')
    availableGib = 72.3
    admission.update([])
    expect(await ticket.turn).toMatchObject({ ok: true })
  })

  test('a later start that fits passes one that waits for memory', async () => {
    estimates.set('a', estimateOf(62, 62)).set('b', estimateOf(20, 20))
    const large = await admit('a', { waits: true, phrase: null })
    expect(await admit('b')).toMatchObject({ waitsFor: null })
    expect(await isSettled(large)).toBe(false)
  })

  test('what this machine can never hold does not wait for ever', async () => {
    estimates.set('a', estimateOf(95, 96))
    expect(await ask('a', { waits: true, phrase: null })).toMatchObject({
      ok: false,
      error: { code: 'does-not-fit', message: expect.stringContaining('no wait makes room') }
    })
  })

  test('its name typed: launched anyway, reserved all the same', async () => {
    estimates.set('a', estimateOf(60, 62))
    const ticket = await admit('a', { waits: false, phrase: ' A ' })
    expect(ticket.waitsFor).toBeNull()
    expect(ticket.note?.whatToDo).toContain('The guard stays armed')
    expect(admission.status().reservations).toMatchObject([{ bytes: 62 * GIB }])
    expect(allocatableGib()).toBe(0)
  })

  test.each(['', '  ', 'B', 'A b'])("typed '%s' is not its name: refused", async (phrase) => {
    estimates.set('a', estimateOf(60, 62))
    expect(await ask('a', { waits: false, phrase })).toMatchObject({
      ok: false,
      error: { code: 'does-not-fit', message: expect.stringContaining('type its name: A.') }
    })
  })

  test('who no longer waits is forgotten, and told', async () => {
    estimates.set('a', estimateOf(62, 62))
    const ticket = await admit('a', { waits: true, phrase: null })
    ticket.release()
    expect(await ticket.turn).toMatchObject({ ok: false })
    expect(admission.status().waiting).toEqual([])
  })

  test('a turn that comes while the guard holds launches waits for it', async () => {
    estimates.set('a', estimateOf(20, 20)).set('b', estimateOf(20, 20))
    await admit('a')
    const next = await admit('b')
    hold = 'Nothing new is started now.'
    become('a', 'ready', 20)
    expect(next.waitsFor).toBe('Waits for the guard. Nothing new is started now.')
    hold = null
    become('a', 'ready', 20)
    expect(await isSettled(next)).toBe(true)
  })

  test('once settled, what it may still claim is counted in place of what it reserved', async () => {
    estimates.set('a', estimateOf(20, 26, 4))
    await admit('a')
    become('a', 'ready', 20)
    availableGib = 40
    expect(allocatableGib()).toBe(24)
    nowMs += SETTLE_MS
    become('a', 'ready', 20)
    expect(admission.status()).toMatchObject({ reservedBytes: 0, reservations: [], growthBytes: 4 * GIB })
    become('a', 'ready', 23)
    availableGib = 37
    expect(admission.status()).toMatchObject({ growthBytes: GIB, allocatableBytes: 26 * GIB })
    become('a', 'stopped', 0, [])
    expect(admission.status().growthBytes).toBe(0)
  })

  test('one that was found running may still grow, but reserves nothing and holds up nobody', async () => {
    estimates.set('a', estimateOf(20, 24, 4)).set('b', estimateOf(1, 1))
    become('a', 'loading', 15)
    await vi.waitFor(() => expect(admission.status().growthBytes).toBe(9 * GIB))
    expect(admission.status().reservations).toEqual([])
    expect(await admit('b')).toMatchObject({ waitsFor: null })
    // At rest it holds 20; one more it has claimed already.
    become('a', 'ready', 21)
    expect(admission.status().growthBytes).toBe(3 * GIB)
  })

  test('a restart after a crash asks anew: what it held is nobody’s meanwhile', async () => {
    estimates.set('a', estimateOf(20, 20))
    await admit('a')
    become('a', 'ready', 20)
    become('a', 'restarting', 0, [])
    expect(admission.status().reservations).toEqual([])
    const again = await admit('a')
    become('a', 'restarting', 0, [])
    expect(admission.status().reservations).toMatchObject([{ runnerId: 'a', bytes: 20 * GIB }])
    become('a', 'starting', 0)
    expect(again.waitsFor).toBeNull()
  })

  test('a removed profile leaves nothing', async () => {
    estimates.set('a', estimateOf(20, 20))
    await admit('a')
    become('a', 'loading', 2)
    views.delete('a')
    admission.update([])
    expect(admission.status()).toMatchObject({ reservations: [], growthBytes: 0 })
  })

  test('at the end of the core whoever waits is let go, and nobody is admitted', async () => {
    estimates.set('a', estimateOf(62, 62)).set('b', estimateOf(1, 1))
    const ticket = await admit('a', { waits: true, phrase: null })
    admission.dispose()
    expect(await ticket.turn).toMatchObject({ ok: false })
    expect(await ask('b')).toMatchObject({ ok: false, error: { code: 'disconnected' } })
  })
})

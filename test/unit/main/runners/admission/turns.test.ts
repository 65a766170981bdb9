import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createAdmission } from '../../../../../src/main/runners/admission/admission.ts'
import { LARGE_QUIET_MS, QUIET_MS, SETTLE_MS } from '../../../../../src/main/runners/admission/claims.ts'
import type { Admission, LaunchTicket, LaunchWish } from '../../../../../src/main/runners/admission/types.ts'
import type { ContractError } from '../../../../../src/shared/contract/errors.ts'
import type { Estimate } from '../../../../../src/shared/model/estimate.ts'
import type { Profile, RunnerBytes, RunnerState, RunnerView } from '../../../../../src/shared/model/runner.ts'
import type { Result } from '../../../../../src/shared/util/result.ts'
import { quietLogger, sampleProfile, sampleRunner } from '../../../../support/fake-core.ts'

const GIB = 1024 ** 3
const PLAIN: LaunchWish = { waits: false, phrase: null }
const WAITS: LaunchWish = { waits: true, phrase: null }

const estimateOf = (low: number, expected: number, peak: number, more: Partial<Estimate> = {}): Estimate => ({
  parts: [],
  total: { lowBytes: low * GIB, expectedBytes: expected * GIB, peakBytes: peak * GIB },
  growthBytes: 0,
  source: 'formula',
  confidence: 'good',
  notes: [],
  bytesPerContextToken: null,
  activeWeightBytes: null,
  ...more
})
const sure = (gib: number, more: Partial<Estimate> = {}): Estimate => estimateOf(gib, gib, gib, more)

/** A machine of 100 GiB with 10 GiB kept for the desktop; what is available and what runners hold is set by hand. */
describe('turns and claims', () => {
  let availableGib: number
  let nowMs: number
  let hold: string | null
  let isGpuKnown: boolean
  let estimates: Map<string, () => Estimate | Promise<Estimate>>
  let profiles: Map<string, Profile>
  let views: Map<string, RunnerView>
  let admission: Admission

  beforeEach(() => {
    availableGib = 100
    nowMs = 0
    hold = null
    isGpuKnown = true
    estimates = new Map()
    profiles = new Map()
    views = new Map()
    admission = createAdmission({
      clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
      logger: quietLogger(),
      availableBytes: () => availableGib * GIB,
      reserveBytes: () => 10 * GIB,
      memTotalBytes: () => 100 * GIB,
      async estimate({ id }) {
        const make = estimates.get(id)
        if (make === undefined) throw new Error(`no estimate of ${id}`)
        return { estimate: await make() }
      },
      isDiscrete: () => false,
      isGpuKnown: () => isGpuKnown,
      profileOf: (id) => profileOf(id),
      hold: () => hold
    })
  })
  afterEach(() => admission.dispose())

  const profileOf = (id: string): Profile => ({
    ...(profiles.get(id) ?? sampleProfile(id)),
    id,
    label: id.toUpperCase()
  })
  const ask = (id: string, wish: LaunchWish = PLAIN): Promise<Result<LaunchTicket, ContractError>> =>
    admission.ask(profileOf(id), wish, () => undefined)

  async function admit(id: string, wish: LaunchWish = PLAIN): Promise<LaunchTicket> {
    const asked = await ask(id, wish)
    if (!asked.ok) throw new Error(asked.error.message)
    return asked.value
  }

  function become(id: string, state: RunnerState, bytes: Partial<RunnerBytes> = {}, frozen = false): void {
    const held = { gpuBytes: 0, hostBytes: 0, fileBytes: 0, ...bytes }
    views.set(id, { ...sampleRunner(id, state), label: id.toUpperCase(), bytes: held, pids: [1], frozen })
    admission.update([...views.values()])
  }
  const gpu = (gib: number): Partial<RunnerBytes> => ({ gpuBytes: gib * GIB })

  /** Once all that was asked has been answered. */
  const isGranted = async (ticket: LaunchTicket): Promise<boolean> => {
    await new Promise(setImmediate)
    const pending = Symbol('pending')
    return (await Promise.race([ticket.turn, Promise.resolve(pending)])) !== pending
  }
  const look = (): void => admission.update([...views.values()])

  describe('an estimate that follows what is free', () => {
    beforeEach(() => {
      availableGib = 40
      estimates.set('a', () => sure(availableGib * 0.88)).set('b', () => sure(20))
    })

    test('is made again when it is its turn, and that one is reserved', async () => {
      const waiting = await admit('a', WAITS)
      expect(waiting.waitsFor).toContain('Waits for 5.2 GiB')
      availableGib = 96
      look()
      expect(await isGranted(waiting)).toBe(true)
      expect(admission.status().reservations).toMatchObject([{ runnerId: 'a', bytes: 96 * 0.88 * GIB }])
    })

    test('is judged again when it is its turn: what does not fit by then goes on waiting', async () => {
      const waiting = await admit('a', WAITS)
      availableGib = 60
      look()
      expect(await isGranted(waiting)).toBe(false)
      expect(waiting.waitsFor).toContain('Waits for 2.8 GiB')
    })

    test('that was too high when it was made is made again once much has changed, and not at every look', async () => {
      let asked = 0
      let share = 0.95
      estimates.set('a', () => {
        asked += 1
        return sure(availableGib * share)
      })
      const waiting = await admit('a', WAITS)
      share = 0.2
      look()
      nowMs += QUIET_MS
      look()
      expect(asked).toBe(1)
      availableGib -= 2
      look()
      // The answer is judged at once, and is fresh: nothing more is asked for.
      expect(await isGranted(waiting)).toBe(true)
      expect(asked).toBe(2)
    })

    test('whose turn is being decided keeps its room and its place', async () => {
      const waiting = await admit('a', WAITS)
      availableGib = 96
      const { promise, resolve } = Promise.withResolvers<Estimate>()
      estimates.set('a', () => promise)
      look()
      const next = await admit('b', WAITS)
      expect(await isGranted(next)).toBe(false)
      expect(admission.status().waiting.map(({ runnerId }) => runnerId)).toEqual(['a', 'b'])
      resolve(sure(30))
      expect(await isGranted(waiting)).toBe(true)
      expect(next.waitsFor).toBe('Waits until A has loaded.')
    })

    test('that cannot be made again does not take the place of one that could', async () => {
      const waiting = await admit('a', WAITS)
      availableGib = 96
      estimates.delete('a')
      look()
      expect(await isGranted(waiting)).toBe(true)
      expect(admission.status().reservations).toMatchObject([{ bytes: 40 * 0.88 * GIB }])
    })
  })

  describe('who loads', () => {
    beforeEach(() => {
      estimates.set('a', () => sure(20)).set('b', () => sure(20))
    })

    test('holds up the next until it is ready, also with all that it reserved and more', async () => {
      await admit('a')
      const next = await admit('b')
      for (const gib of [20, 25, 30]) {
        nowMs += QUIET_MS - 1
        become('a', 'loading', gpu(gib))
        expect(await isGranted(next)).toBe(false)
      }
      become('a', 'ready', gpu(30))
      expect(await isGranted(next)).toBe(true)
    })

    test('and takes no more of the last it was promised, holds up nobody after a while', async () => {
      await admit('a')
      const next = await admit('b')
      become('a', 'loading', gpu(19.5))
      nowMs += QUIET_MS - 1
      look()
      expect(await isGranted(next)).toBe(false)
      nowMs += 1
      become('a', 'loading', gpu(19.51))
      expect(await isGranted(next)).toBe(true)
      // What it was promised is still its own.
      expect(admission.status().reservations).toMatchObject([{ runnerId: 'a', bytes: 20 * GIB }, {}])
    })

    test('and hangs before much of it, holds up others for minutes and not for ever', async () => {
      await admit('a')
      const next = await admit('b')
      become('a', 'loading', gpu(4))
      nowMs += LARGE_QUIET_MS - 1
      look()
      expect(await isGranted(next)).toBe(false)
      nowMs += 1
      look()
      expect(await isGranted(next)).toBe(true)
    })

    test('and is paused holds up nobody', async () => {
      await admit('a')
      const next = await admit('b')
      become('a', 'loading', gpu(4), true)
      expect(await isGranted(next)).toBe(true)
    })

    test.each(['open-webui', 'jupyterlab'] as const)(
      '%s holds no model, and holds up nobody',
      async (kind) => {
        profiles.set('a', { ...sampleProfile('a'), kind, modelPath: '', settings: {} })
        await admit('a')
        become('a', 'loading')
        expect(await admit('b')).toMatchObject({ waitsFor: null })
      }
    )

    test('is passed by a name that is typed; the guard, and memory that is coming back, are not', async () => {
      await admit('a')
      expect(await admit('b', { waits: false, phrase: 'B' })).toMatchObject({ waitsFor: null })
      estimates.set('c', () => sure(20))
      hold = 'Nothing new is started now.'
      const third = await admit('c', { waits: false, phrase: 'C' })
      expect(third.waitsFor).toBe('Waits for the guard. Nothing new is started now.')
      hold = null
      become('z', 'stopping', gpu(5))
      expect(third.waitsFor).toBe('Waits for the memory of Z to come back.')
      become('z', 'stopped')
      expect(await isGranted(third)).toBe(true)
    })
  })

  test('a name typed for one that waits keeps its place, and starts it although it does not fit', async () => {
    estimates.set('a', () => sure(80)).set('b', () => sure(85))
    availableGib = 30
    hold = 'Nothing new is started now.'
    const first = await admit('a', WAITS)
    const second = await admit('b', WAITS)
    expect(first.insist(profileOf('a'), 'B')).toBe(false)
    expect(first.insist({ ...profileOf('a'), label: 'other' }, 'A')).toBe(false)
    expect(first.insist(profileOf('a'), ' A ')).toBe(true)
    expect(first.waitsFor).toBe('Waits for the guard. Nothing new is started now.')
    expect(admission.status().waiting.map(({ runnerId }) => runnerId)).toEqual(['a', 'b'])
    hold = null
    look()
    expect([await isGranted(first), await isGranted(second)]).toEqual([true, false])
    expect(first.note?.whatToDo).toContain('The guard stays armed')
    expect(first.insist(profileOf('a'), 'A')).toBe(false)
  })

  test('what is not known, but does not fit at its least, is refused, waits, or never fits', async () => {
    estimates.set('a', () => estimateOf(50, 60, 80, { confidence: 'unknown' }))
    availableGib = 30
    expect(await ask('a')).toMatchObject({
      error: { code: 'does-not-fit', message: expect.stringContaining('A needs at least 50.0 GiB') }
    })
    expect((await admit('a', WAITS)).waitsFor).toContain('Waits for 30.0 GiB')
    estimates.set('b', () => estimateOf(91, 95, 99, { confidence: 'unknown' }))
    expect(await ask('b', WAITS)).toMatchObject({
      error: { message: expect.stringContaining('B needs 91.0 GiB, but this machine has 90.0 GiB') }
    })
    // Its best guess is more than there is; the least of it is not.
    estimates.set('c', () => estimateOf(50, 95, 99, { confidence: 'unknown' }))
    expect(await ask('c', WAITS)).toMatchObject({ ok: true })
  })

  test('of one that runs or waits nothing is counted against itself', async () => {
    estimates.set('a', () => sure(20)).set('b', () => sure(30))
    await admit('a')
    await admit('b')
    const gibFor = (id: string | null): number => admission.allocatableBytes(id) / GIB
    expect([gibFor(null), gibFor('a'), gibFor('b')]).toEqual([40, 60, 70])
    estimates.set('z', () => sure(20, { growthBytes: 7 * GIB }))
    become('z', 'ready', gpu(13))
    await vi.waitFor(() => expect(gibFor(null)).toBe(33))
    expect(gibFor('z')).toBe(40)
  })

  describe('what is ready before it loads', () => {
    const FINETUNE = { ...sampleProfile('a'), kind: 'finetune', modelPath: '/m', settings: {} } as const
    const COMMAND = { ...FINETUNE, kind: 'custom', settings: { ready: 'running' } } as const

    test.each([FINETUNE, COMMAND, { ...FINETUNE, kind: 'comfyui' } as const])(
      'keeps its claim, whatever was seen to grow in other runs: $kind',
      async (profile) => {
        profiles.set('a', profile)
        estimates.set('a', () => estimateOf(30, 40, 41, { source: 'measured', growthBytes: GIB }))
        await admit('a')
        become('a', 'ready', { hostBytes: 2 * GIB })
        nowMs += SETTLE_MS
        look()
        expect(admission.status().growthBytes).toBe(38 * GIB)
        become('a', 'ready', { hostBytes: 2 * GIB, gpuBytes: 30 * GIB })
        expect(admission.status().growthBytes).toBe(8 * GIB)
      }
    )

    test('found running, it may still take all that it lacks', async () => {
      profiles.set('a', FINETUNE)
      estimates.set('a', () => estimateOf(30, 40, 41, { source: 'measured', growthBytes: GIB }))
      become('a', 'ready', gpu(10))
      await vi.waitFor(() => expect(admission.status().growthBytes).toBe(30 * GIB))
    })

    test('a command that is asked whether it is ready has loaded by then', async () => {
      profiles.set('a', { ...COMMAND, settings: { ready: 'port' } })
      estimates.set('a', () => estimateOf(30, 40, 41, { growthBytes: GIB }))
      await admit('a')
      become('a', 'ready', gpu(20))
      nowMs += SETTLE_MS
      look()
      expect(admission.status().growthBytes).toBe(GIB)
    })
  })

  describe('what the driver does not say', () => {
    test('at readiness is waited for: what comes later is not taken for growth', async () => {
      estimates.set('a', () => estimateOf(40, 40, 46, { growthBytes: 6 * GIB }))
      await admit('a')
      isGpuKnown = false
      become('a', 'ready', { hostBytes: 2 * GIB })
      nowMs += SETTLE_MS
      look()
      expect(admission.status()).toMatchObject({ reservedBytes: 44 * GIB, growthBytes: 0 })
      isGpuKnown = true
      become('a', 'ready', { hostBytes: 2 * GIB, gpuBytes: 38 * GIB })
      nowMs += SETTLE_MS
      look()
      expect(admission.status()).toMatchObject({ reservedBytes: 0, growthBytes: 6 * GIB })
    })

    test('of one that was found counts as still to come', async () => {
      estimates.set('a', () => estimateOf(40, 40, 46, { growthBytes: 6 * GIB }))
      isGpuKnown = false
      become('a', 'ready', { hostBytes: 2 * GIB })
      await vi.waitFor(() => expect(admission.status().growthBytes).toBe(44 * GIB))
      isGpuKnown = true
      become('a', 'ready', { hostBytes: 2 * GIB, gpuBytes: 38 * GIB })
      expect(admission.status().growthBytes).toBe(6 * GIB)
    })
  })

  describe('weights that are pages of a file', () => {
    const weights = (gib: number) =>
      [
        {
          id: 'weights-host',
          label: 'Weights',
          lowBytes: gib * GIB,
          expectedBytes: gib * GIB,
          peakBytes: gib * GIB,
          why: ''
        }
      ] as const

    async function settle(bytes: Partial<RunnerBytes>): Promise<number> {
      estimates.set('a', () => sure(24, { parts: weights(20) }))
      await admit('a')
      become('a', 'ready', bytes)
      nowMs += SETTLE_MS
      look()
      return admission.status().growthBytes / GIB
    }

    test('are available by the kernel’s figures, and promised to nobody else', async () => {
      expect(await settle({ hostBytes: 4 * GIB, fileBytes: 21 * GIB })).toBe(20)
      // Pages that others have taken are read again.
      become('a', 'ready', { hostBytes: 4 * GIB, fileBytes: 3 * GIB })
      expect(admission.status().growthBytes).toBe(20 * GIB)
      become('a', 'stopped')
      expect(admission.status().growthBytes).toBe(0)
    })

    test('are claimed as far as they are mapped', async () => {
      expect(await settle({ hostBytes: 24 * GIB, fileBytes: GIB / 2 })).toBe(0.5)
    })

    test('need no pages where they lie on the GPU', async () => {
      expect(await settle({ gpuBytes: 22 * GIB, hostBytes: 2 * GIB, fileBytes: 21 * GIB })).toBe(0)
    })
  })
})

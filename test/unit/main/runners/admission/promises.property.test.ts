import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createAdmission } from '../../../../../src/main/runners/admission/admission.ts'
import { SETTLE_MS } from '../../../../../src/main/runners/admission/claims.ts'
import type { LaunchTicket } from '../../../../../src/main/runners/admission/types.ts'
import type { RunnerState, RunnerView } from '../../../../../src/shared/model/runner.ts'
import { quietLogger, sampleProfile, sampleRunner } from '../../../../support/fake-core.ts'

const GIB = 1024 ** 3
const TOTAL_GIB = 100
const RESERVE_GIB = 6
const IDS = ['a', 'b', 'c'] as const
type Id = (typeof IDS)[number]

/** What a model takes in all, and how much of that only after it is ready. */
interface Model {
  readonly allGib: number
  readonly growthGib: number
}

const model = fc
  .record({ allGib: fc.integer({ min: 20, max: 90 }), share: fc.integer({ min: 0, max: 100 }) })
  .map(({ allGib, share }): Model => ({ allGib, growthGib: Math.floor((allGib * share) / 100) }))

const id = fc.constantFrom(...IDS)
const act = (kind: 'load' | 'ready' | 'grow' | 'fail' | 'stop' | 'cancel' | 'time', weight: number) => ({
  weight,
  arbitrary: fc.record({ kind: fc.constant(kind), id })
})
/** Weighed so that several run at once, grown. */
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('ask' as const), id, waits: fc.boolean() }) },
  act('load', 8),
  act('ready', 6),
  act('grow', 8),
  act('time', 4),
  act('stop', 1),
  act('fail', 1),
  act('cancel', 1)
)

describe('promises of memory', () => {
  test('whatever happens in whatever order: with true estimates nobody takes the reserve, and nobody waits at the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(model, model, model),
        fc.array(step, { minLength: 60, maxLength: 250 }),
        async (models, steps) => {
          const of = (id: string): Model => models[IDS.indexOf(id as Id)] ?? { allGib: 1, growthGib: 0 }
          const states = new Map<string, RunnerState>(IDS.map((id) => [id, 'stopped']))
          const taken = new Map<string, number>()
          const tickets = new Map<string, LaunchTicket>()
          let nowMs = 0
          const free = (): number => TOTAL_GIB - [...taken.values()].reduce((sum, gib) => sum + gib, 0)
          const admission = createAdmission({
            clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
            logger: quietLogger(),
            availableBytes: () => free() * GIB,
            reserveBytes: () => RESERVE_GIB * GIB,
            memTotalBytes: () => TOTAL_GIB * GIB,
            async estimate({ id }) {
              const bytes = of(id).allGib * GIB
              return {
                estimate: {
                  parts: [],
                  total: { lowBytes: 0, expectedBytes: bytes, peakBytes: bytes },
                  growthBytes: of(id).growthGib * GIB,
                  source: 'formula',
                  confidence: 'good',
                  notes: [],
                  bytesPerContextToken: null,
                  activeWeightBytes: null
                }
              }
            },
            isDiscrete: () => false,
            isGpuKnown: () => true,
            profileOf: sampleProfile,
            hold: () => null
          })
          const tell = (): void =>
            admission.update(
              IDS.map((id): RunnerView => {
                const bytes = { gpuBytes: (taken.get(id) ?? 0) * GIB, hostBytes: 0, fileBytes: 0 }
                return { ...sampleRunner(id, states.get(id) ?? 'stopped'), bytes, pids: [1] }
              })
            )
          const become = (id: string, state: RunnerState, gib: number): void => {
            states.set(id, state)
            taken.set(id, gib)
            tell()
          }
          for (const { kind, id, ...more } of steps) {
            const state = states.get(id)
            const { allGib, growthGib } = of(id)
            const atRest = allGib - growthGib
            const has = taken.get(id) ?? 0
            const ticket = tickets.get(id)
            if (kind === 'ask' && state === 'stopped' && ticket === undefined) {
              const asked = await admission.ask(
                sampleProfile(id),
                { waits: 'waits' in more && more.waits === true, phrase: null },
                () => undefined
              )
              if (asked.ok) tickets.set(id, asked.value)
            } else if (kind === 'cancel' && state === 'stopped' && ticket !== undefined) {
              ticket.release()
              tickets.delete(id)
            } else if (kind === 'load' && (state === 'stopped' || state === 'loading')) {
              // Who was admitted is launched; while it loads it takes up to what it rests at.
              if (state === 'loading') become(id, 'loading', Math.min(atRest, has + Math.ceil(atRest / 3)))
              else if (ticket?.waitsFor === null) become(id, 'loading', 0)
            } else if (kind === 'ready' && state === 'loading') become(id, 'ready', atRest)
            else if (kind === 'grow' && state === 'ready')
              become(id, 'ready', Math.min(allGib, has + Math.ceil(growthGib / 2)))
            else if ((kind === 'stop' && state === 'ready') || (kind === 'fail' && state === 'loading')) {
              tickets.delete(id)
              become(id, 'stopped', 0)
            } else if (kind === 'time') {
              nowMs += SETTLE_MS
              tell()
            }
            // Who is estimated anew before its turn has its answer.
            await new Promise(setImmediate)
            expect(free()).toBeGreaterThanOrEqual(RESERVE_GIB)
            const { allocatableBytes, reservedBytes, growthBytes } = admission.status()
            expect(Math.min(allocatableBytes, reservedBytes, growthBytes)).toBeGreaterThanOrEqual(0)
          }
          // All that run end: who waits is started, one by one, and ends, until nobody is left.
          for (let round = 0; round < 3 * IDS.length; round += 1) {
            for (const id of IDS) {
              if (states.get(id) !== 'stopped') become(id, 'stopped', 0)
              else if (tickets.get(id)?.waitsFor === null) become(id, 'loading', 0)
              if (states.get(id) === 'loading') tickets.delete(id)
              await new Promise(setImmediate)
            }
          }
          expect(admission.status()).toMatchObject({ reservedBytes: 0, growthBytes: 0, waiting: [] })
          admission.dispose()
        }
      ),
      { numRuns: 300 }
    )
  })
})

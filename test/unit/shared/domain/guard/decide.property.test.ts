import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../../../../../src/shared/domain/guard/decide.ts'
import {
  initialGuardMemory,
  type DecideInput,
  type DecideVictim,
  type GuardMemory
} from '../../../../../src/shared/domain/guard/decide.types.ts'
import { pace } from '../../../../../src/shared/domain/guard/pace.ts'
import { GUARD_LEVELS, GUARD_MODES } from '../../../../../src/shared/model/status.ts'
import type { GuardPolicy, GuardReading } from '../../../../../src/shared/model/guard.ts'
import { BALANCED, GIB, readingOf, TOTAL, victimOf } from './machine.ts'

const RUNS = 300
const IDS = ['a', 'b', 'c'] as const
const STALE_MS = 2_000
const SEVERITY = ['thaw', 'shrink', 'freeze', 'terminate', 'kill']
const wild = [NaN, Infinity, -Infinity, -1, 0, 1e300]

const policy: fc.Arbitrary<GuardPolicy> = fc.record({
  mode: fc.constantFrom(...GUARD_MODES),
  reserveBytes: fc.constantFrom(6 * GIB, 1 * GIB, 20 * GIB),
  floorBytes: fc.constantFrom(2 * GIB, 0.5 * GIB, 8 * GIB),
  restsAtBytes: fc.constantFrom('unknown' as const, 1.5 * GIB, 5 * GIB),
  answerMs: fc.constantFrom(null, 0, 1_000, 15_000)
})

const victim = (id: string): fc.Arbitrary<DecideVictim> =>
  fc
    .record({
      bytes: fc.constantFrom(0, GIB, 60 * GIB),
      stopLatencyMs: fc.constantFrom(0, 50, 500, 5_000, NaN),
      graceMs: fc.constantFrom(0, 500, 10_000, NaN),
      shrinkableBytes: fc.constantFrom(0, GIB),
      state: fc.constantFrom('running' as const, 'frozen' as const, 'ending' as const, 'gone' as const)
    })
    .map((more) => victimOf(id, more))

const victims = fc.subarray([...IDS]).chain((ids) => fc.tuple(...ids.map(victim)))

const answer: fc.Arbitrary<DecideInput['answer']> = fc.option(
  fc.record({
    victimId: fc.constantFrom(...IDS, 'stranger'),
    choice: fc.constantFrom('stop' as const, 'continue' as const, 'keep-frozen' as const)
  }),
  { freq: 10 }
)

/** One call: how the clock moves, and what is read. */
const call = fc.record({
  passMs: fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom(25, 50, 100) },
    { weight: 2, arbitrary: fc.constantFrom(0, 1, 1_500, 2_500) },
    { weight: 1, arbitrary: fc.constantFrom(-60_000, -50, 7_000, 3_600_000, NaN, Infinity) }
  ),
  /** Change of available memory, GiB. */
  change: fc.oneof(
    { weight: 10, arbitrary: fc.double({ min: -0.4, max: 0.02, noNaN: true }) },
    { weight: 2, arbitrary: fc.double({ min: -0.1, max: 0.1, noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: -5, max: 10, noNaN: true }) }
  ),
  available: fc.option(fc.constantFrom(...wild, TOTAL + 1), { freq: 15 }),
  total: fc.option(fc.constantFrom(...wild), { freq: 30 }),
  ageMs: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(0, 5) },
    { weight: 1, arbitrary: fc.constantFrom(1_999, 2_001, 50_000, -500, NaN) }
  ),
  lost: fc.nat(20).map((dice) => dice === 0),
  counters: fc.option(fc.nat(400_000), { freq: 2 }),
  victims,
  answer
})
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never

interface Seen {
  readonly input: DecideInput
  readonly decision: ReturnType<typeof decide>
}

/** Plays the calls; what decide() asks for is done, unless the call says otherwise. */
function play(
  calls: readonly Call[],
  rules: GuardPolicy,
  stable: readonly DecideVictim[] | null,
  from: GuardMemory = initialGuardMemory()
): Seen[] {
  let memory = from
  let nowMs = from.nowMs ?? 1e6
  let bytes = 12 * GIB
  let counter = 0
  const states = new Map<string, DecideVictim['state']>()
  return calls.map((one) => {
    const next = nowMs + one.passMs
    if (Number.isFinite(next)) nowMs = next
    bytes = Math.min(TOTAL, Math.max(0, bytes + one.change * GIB))
    counter += one.counters ?? 0
    const reading: GuardReading | null = one.lost
      ? null
      : {
          ...readingOf(nowMs - one.ageMs, one.available ?? bytes),
          memTotalBytes: one.total ?? TOTAL,
          ...(one.counters === null
            ? {}
            : { stallFullUs: counter, majorFaults: counter, allocStalls: counter })
        }
    const input: DecideInput = {
      nowMs: Number.isFinite(next) ? nowMs : next,
      reading,
      policy: rules,
      victims: stable?.map((item) => ({ ...item, state: states.get(item.id) ?? item.state })) ?? one.victims,
      answer: one.answer,
      memory
    }
    const decision = decide(input)
    memory = decision.memory
    const { action } = decision
    if (action?.kind === 'freeze') states.set(action.victimId, 'frozen')
    if (action?.kind === 'thaw') states.set(action.victimId, 'running')
    if (action?.kind === 'terminate' || action?.kind === 'kill') states.set(action.victimId, 'ending')
    return { input, decision }
  })
}

const calls = fc.array(call, { minLength: 1, maxLength: 120 })
const isFresh = ({ input: { nowMs, reading } }: Seen): boolean =>
  reading !== null &&
  nowMs - reading.monotonicMs <= STALE_MS &&
  reading.availableBytes >= 0 &&
  reading.availableBytes <= reading.memTotalBytes &&
  Number.isFinite(reading.memTotalBytes)

describe('whatever is read', () => {
  it('nothing throws, memory stays bounded, times and words stay sound', () => {
    fc.assert(
      fc.property(calls, policy, (given, rules) => {
        for (const { decision } of play(given, rules, null)) {
          const { level, reasons, secondsToEmpty, secondsToAct, ask, memory } = decision
          expect(GUARD_LEVELS).toContain(level)
          for (const reason of reasons) expect(reason).not.toMatch(/NaN|Infinity|undefined/)
          for (const seconds of [secondsToEmpty, secondsToAct, ask?.actsInMs ?? null]) {
            expect(seconds === null || (Number.isFinite(seconds) && seconds >= 0)).toBe(true)
          }
          expect(memory.points.length).toBeLessThanOrEqual(128)
          const last = memory.points.at(-1)?.monotonicMs ?? 0
          for (const { monotonicMs } of memory.points) expect(last - monotonicMs).toBeLessThanOrEqual(5_000)
          expect([25, 50, 100]).toContain(pace(memory, rules))
        }
      }),
      { numRuns: RUNS }
    )
  })

  it('no act comes from a stale, impossible or missing reading', () => {
    fc.assert(
      fc.property(calls, policy, (given, rules) => {
        for (const seen of play(
          given.map((one) => ({ ...one, answer: null })),
          rules,
          null
        )) {
          if (!isFresh(seen)) {
            expect(seen.decision.action).toBeNull()
            expect(seen.decision.would).toBeNull()
            expect(seen.decision.level).toBe(seen.input.memory.level)
          }
        }
      }),
      { numRuns: RUNS }
    )
  })

  it('only those are named that were given and are not gone, and one of them is asked about', () => {
    fc.assert(
      fc.property(calls, policy, (given, rules) => {
        for (const { input, decision } of play(given, rules, null)) {
          const alive = input.victims.filter(({ state }) => state !== 'gone').map(({ id }) => id)
          for (const named of [decision.action, decision.would, decision.ask]) {
            if (named !== null) expect(alive).toContain(named.victimId)
          }
        }
      }),
      { numRuns: RUNS }
    )
  })

  it('off and observe never act, and only observe says what it would have done', () => {
    fc.assert(
      fc.property(
        calls,
        policy,
        fc.constantFrom('off' as const, 'observe' as const),
        (given, rules, mode) => {
          for (const { decision } of play(
            given.map((one) => ({ ...one, answer: null })),
            { ...rules, mode },
            null
          )) {
            expect(decision.action).toBeNull()
            expect(decision.ask).toBeNull()
            expect(decision.holdLaunches).toBe(false)
            if (mode === 'off') expect(decision.would).toBeNull()
          }
        }
      ),
      { numRuns: RUNS }
    )
  })
})

describe('somebody frozen', () => {
  it('is never left: the event ends with a thaw, an end of the victim, or the victim armed no more', () => {
    fc.assert(
      fc.property(calls, policy, fc.array(fc.constantFrom(...GUARD_MODES)), (given, rules, modes) => {
        let memory: GuardMemory = initialGuardMemory()
        let half = given
        for (const mode of [rules.mode, ...modes]) {
          for (const { input, decision } of play(half, { ...rules, mode }, null, memory)) {
            const before = input.memory.episode
            memory = decision.memory
            if (before?.stage !== 'frozen' || memory.episode?.stage === 'frozen') continue
            const victim = input.victims.find(({ id }) => id === before.victimId)
            if (victim === undefined || victim.state === 'gone') continue
            expect(decision.action?.victimId).toBe(before.victimId)
            expect(['thaw', 'terminate', 'kill']).toContain(decision.action?.kind)
          }
          half = given.slice(0, 20)
        }
      }),
      { numRuns: RUNS }
    )
  })
})

describe('more memory in the newest reading, all else equal', () => {
  it('never raises the level and never adds or sharpens an act', () => {
    fc.assert(
      fc.property(
        calls,
        policy,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        (given, rules, share, keep) => {
          const all = keep ? IDS.map((id) => victimOf(id)) : null
          for (const { input, decision } of play(given, rules, all)) {
            const { reading } = input
            if (reading === null || !(reading.availableBytes < reading.memTotalBytes)) continue
            if (!(reading.availableBytes >= 0)) continue
            const room = reading.memTotalBytes - reading.availableBytes
            const availableBytes = Math.min(reading.memTotalBytes, reading.availableBytes + room * share ** 4)
            const more = decide({ ...input, reading: { ...reading, availableBytes } })
            expect(GUARD_LEVELS.indexOf(more.level)).toBeLessThanOrEqual(GUARD_LEVELS.indexOf(decision.level))
            for (const which of ['action', 'would'] as const) {
              const [a, b] = [more[which]?.kind, decision[which]?.kind]
              if (a !== undefined && a !== 'thaw') {
                expect(b).toBeDefined()
                expect(SEVERITY.indexOf(a)).toBeLessThanOrEqual(SEVERITY.indexOf(b ?? ''))
              }
            }
          }
        }
      ),
      { numRuns: RUNS }
    )
  })
})

describe('after an act', () => {
  it('the pause holds: one event, one victim, each rung once, upwards', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.3, max: 0.05, noNaN: true }), { minLength: 100, maxLength: 400 }),
        fc.constantFrom('balanced' as const, 'strict' as const, 'relaxed' as const, 'custom' as const),
        fc.integer({ min: 1, max: 60 }),
        (changes, mode, goneAfter) => {
          let memory = initialGuardMemory()
          let bytes = 16 * GIB
          let state: DecideVictim['state'] = 'running'
          let killedAt = -1
          let goneAtMs: number | null = null
          const acts: string[] = []
          changes.forEach((change, i) => {
            if (killedAt >= 0 && i - killedAt >= goneAfter && state !== 'gone') {
              state = 'gone'
              goneAtMs = i * 25
            }
            // Whoever is gone takes nothing more; its memory does not come back yet.
            if (state !== 'gone') bytes = Math.max(0, bytes + change * GIB)
            const { action, memory: next } = decide({
              nowMs: i * 25,
              reading: readingOf(i * 25, bytes),
              policy: { ...BALANCED, mode },
              victims: [victimOf('a', { state }), victimOf('b')],
              answer: null,
              memory
            })
            memory = next
            if (action === null) return
            expect(action.victimId).toBe('a')
            expect(goneAtMs).toBeNull()
            if (action.kind === 'thaw') acts.length = 0
            else {
              expect(acts).not.toContain(action.kind)
              acts.push(action.kind)
            }
            if (action.kind === 'freeze') state = 'frozen'
            if (action.kind === 'thaw') state = 'running'
            if (action.kind === 'terminate' || action.kind === 'kill') state = 'ending'
            if (action.kind === 'kill') killedAt = i
          })
          const rungs = acts.map((kind) => SEVERITY.indexOf(kind))
          expect(rungs).toEqual(rungs.toSorted((x, y) => x - y))
        }
      ),
      { numRuns: RUNS }
    )
  })
})

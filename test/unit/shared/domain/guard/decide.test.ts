import { describe, expect, it } from 'vitest'
import { initialGuardMemory } from '../../../../../src/shared/domain/guard/decide.types.ts'
import { pace } from '../../../../../src/shared/domain/guard/pace.ts'
import { BALANCED, createMachine, fallUntilActed, GIB, kinds, MIB, victimOf } from './machine.ts'

describe('a fast fall', () => {
  it.each([0.5, 1, 3, 7, 14])(
    'at %d GiB/s is acted on while a stop in half a second keeps the floor',
    (rate) => {
      const machine = createMachine()
      fallUntilActed(machine, rate * GIB)
      expect(kinds(machine)).toEqual(['freeze hog'])
      expect(machine.availableBytes - rate * GIB * 0.5).toBeGreaterThanOrEqual(2 * GIB)
      expect(machine.last?.level).toBe('act')
      expect(machine.last?.holdLaunches).toBe(true)
    }
  )

  it('is not acted on before it is needed', () => {
    const machine = createMachine()
    fallUntilActed(machine, 3 * GIB)
    expect(machine.availableBytes).toBeLessThan(2 * GIB + 3 * GIB)
  })

  it('is acted on earlier where the stop is known to take longer', () => {
    const machine = createMachine()
    machine.victims = [victimOf('hog', { stopLatencyMs: 2_000 })]
    fallUntilActed(machine, 2 * GIB)
    expect(machine.availableBytes - 2 * GIB * 2).toBeGreaterThanOrEqual(2 * GIB)
  })

  it('warns before, with a countdown', () => {
    const machine = createMachine()
    machine.run(500)
    const decision = machine.run(9_000, (ms) => 40 * GIB - (ms / 1000) * 3 * GIB)
    expect(decision.level).toBe('warn')
    expect(decision.reasons[0]).toMatch(/^Memory will be gone in about \d+ s\.$/)
    expect(decision.ask).toMatchObject({ victimId: 'hog', stage: 'warn' })
    expect(decision.ask?.actsInMs).toBeGreaterThan(500)
    expect(decision.action).toBeNull()
  })

  it('of a small machine is acted on near its own floor', () => {
    const machine = createMachine({ reserveBytes: 512 * MIB, floorBytes: 192 * MIB })
    machine.signals = () => ({ memTotalBytes: 2 * GIB })
    machine.victims = [victimOf('hog', { stopLatencyMs: 50 })]
    for (const rate of [100, 500, 2000]) {
      machine.memory = initialGuardMemory()
      machine.availableBytes = 1.4 * GIB
      machine.set('hog', 'running')
      fallUntilActed(machine, rate * 1e6)
      expect(machine.availableBytes - rate * 1e6 * 0.05).toBeGreaterThan(150 * MIB)
    }
  })
})

describe('what is healthy', () => {
  it('is a model that rests below the floor with no pressure and no fall', () => {
    const machine = createMachine()
    machine.availableBytes = 1.9 * GIB
    const decision = machine.run(60_000, (ms) => 1.9 * GIB - (ms / 60_000) * 0.4 * GIB, 100)
    expect(machine.acts).toEqual([])
    expect(decision.level).toBe('watch')
    expect(decision.reasons.join(' ')).toContain('healthy')
  })

  it('is a load that comes to rest 100 MiB above the floor', () => {
    const machine = createMachine({ reserveBytes: 512 * MIB, floorBytes: 192 * MIB })
    machine.signals = () => ({ memTotalBytes: 2 * GIB })
    machine.run(60_000, (ms) => Math.max(292 * MIB, 1.4 * GIB - (ms / 1000) * 50e6))
    expect(machine.acts).toEqual([])
  })

  it('is one dip, one sample under the floor, and a step that stays above it', () => {
    const machine = createMachine()
    machine.run(3_000, (ms) => (ms === 2_000 ? 1 : 7) * GIB)
    expect(machine.acts).toEqual([])
    machine.run(3_000, (ms) => (ms > 1_000 ? 3 : 7) * GIB)
    expect(machine.acts).toEqual([])
  })

  it('is a machine that breathes by 100 MiB just above or below the floor', () => {
    for (const level of [1.5, 1.9, 2.15, 2.5]) {
      const machine = createMachine()
      let seed = 1
      machine.run(120_000, () => {
        seed = (seed * 48_271) % 2_147_483_647
        return level * GIB + (seed / 2_147_483_647 - 0.5) * 200 * MIB
      })
      expect(machine.acts).toEqual([])
    }
  })

  it('is a load that ends where the models are known to rest', () => {
    const curve = (ms: number): number => Math.max(1.5 * GIB, 40 * GIB - (ms / 1000) * 2 * GIB)
    const known = createMachine({ restsAtBytes: 1.5 * GIB })
    known.run(30_000, curve)
    expect(known.acts).toEqual([])
    known.memory = initialGuardMemory()
    const { level, reasons } = known.run(16_000, curve)
    expect(level).toBe('warn')
    expect(reasons[0]).toMatch(/known to rest/)
    const unknown = createMachine()
    unknown.run(30_000, curve)
    expect(unknown.acts).not.toEqual([])
  })

  it.each([5, 10])('is not a fall of %d GiB/s that leaves no time to see where it ends', (rate) => {
    const machine = createMachine({ restsAtBytes: 1.5 * GIB })
    fallUntilActed(machine, rate * GIB)
    expect(kinds(machine)).toEqual(['freeze hog'])
    expect(machine.availableBytes).toBeGreaterThan(rate * GIB * 0.6)
  })

  it('is not a fall that passes the known level of rest', () => {
    const machine = createMachine({ restsAtBytes: 1.5 * GIB })
    machine.run(10_000, () => 1.5 * GIB)
    fallUntilActed(machine, 0.2 * GIB)
    expect(kinds(machine)).toEqual(['freeze hog'])
  })
})

describe('a slow drift below the floor', () => {
  const stalling = (nowMs: number) => ({ stallFullUs: nowMs * 1000 * 0.2 })

  it('is acted on when programs wait for memory, not sooner than after two seconds', () => {
    const machine = createMachine()
    machine.availableBytes = 1.8 * GIB
    machine.signals = stalling
    const beganMs = machine.nowMs
    machine.run(10_000, undefined, 100)
    // Frozen first; programs that wait on below the floor leave no time for an answer.
    expect(kinds(machine)).toEqual(['freeze hog', 'terminate hog', 'kill hog'])
    expect((machine.acts[1]?.atMs ?? 0) - (machine.acts[0]?.atMs ?? 0)).toBeLessThan(1_000)
    expect((machine.acts[0]?.atMs ?? 0) - beganMs).toBeGreaterThanOrEqual(3_000)
  })

  it('is acted on however low memory rested before, learnt or not', () => {
    for (const restsAtBytes of ['unknown', 1.5 * GIB] as const) {
      const machine = createMachine({ restsAtBytes })
      machine.run(30_000, () => 1.3 * GIB, 100)
      expect(machine.acts).toEqual([])
      machine.signals = (nowMs) => ({ stallFullUs: nowMs * 1000 * 0.3 })
      machine.run(5_000, (ms) => 1.3 * GIB - (ms / 1000) * 10 * MIB, 100)
      expect(machine.acts.length).toBeGreaterThan(0)
    }
  })

  it('of a leak is no rest: the level is not learnt', () => {
    const machine = createMachine()
    machine.run(30_000, (ms) => 1.8 * GIB - (ms / 1000) * 10 * MIB, 100)
    expect(machine.memory.restedBytes).toBeNull()
    machine.run(30_000, () => 1.5 * GIB, 100)
    expect(machine.memory.restedBytes).toBe(1.5 * GIB)
    machine.signals = stalling
    machine.run(2_000, () => 1.5 * GIB, 100)
    expect(machine.memory.restedBytes).toBeNull()
  })

  it('waits for the answer when the freeze ended the waiting', () => {
    const machine = createMachine()
    machine.availableBytes = 1.8 * GIB
    machine.signals = stalling
    while (machine.acts.length === 0) machine.run(100, undefined, 100)
    const counted = machine.nowMs
    machine.signals = () => stalling(counted)
    machine.run(14_000, undefined, 100)
    expect(kinds(machine)).toEqual(['freeze hog'])
    machine.run(2_000, undefined, 100)
    expect(kinds(machine)).toEqual(['freeze hog', 'terminate hog'])
  })

  it('is frozen in relaxed, and waits as long as it takes while more than half the floor is left', () => {
    const machine = createMachine({ mode: 'relaxed' })
    machine.availableBytes = 1.8 * GIB
    machine.signals = stalling
    machine.run(120_000, undefined, 100)
    expect(kinds(machine)).toEqual(['freeze hog'])
    machine.run(1_000, () => 0.9 * GIB, 100)
    expect(kinds(machine)).toEqual(['freeze hog', 'kill hog'])
  })

  it.each(['unknown', 'not-supported', 0] as const)('is not when pressure is %s', (stallFullUs) => {
    const machine = createMachine()
    machine.signals = () => ({ stallFullUs })
    machine.run(10_000, () => 1.8 * GIB, 100)
    expect(machine.acts).toEqual([])
  })

  it('needs half as much waiting when free memory is in crumbs, and is nothing by crumbs alone', () => {
    const acts = (share: number, largestFreeBlockBytes: number): number => {
      const machine = createMachine()
      machine.signals = (nowMs) => ({ stallFullUs: nowMs * 1000 * share, largestFreeBlockBytes })
      machine.run(10_000, () => 1.8 * GIB, 100)
      const crumbs = machine.last?.reasons.some((reason) => reason.includes('largest free block is 64 KiB'))
      expect(crumbs).toBe(largestFreeBlockBytes === 65_536)
      return machine.acts.length
    }
    expect(acts(0.03, 65_536)).toBeGreaterThan(0)
    expect(acts(0.03, 4 * MIB)).toBe(0)
    expect(acts(0, 65_536)).toBe(0)
  })

  it('inside the reserve is warned of, and acted on by strict alone', () => {
    for (const mode of ['balanced', 'strict'] as const) {
      const machine = createMachine({ mode })
      machine.signals = stalling
      const { level } = machine.run(2_000, () => 4 * GIB, 100)
      expect(level).toBe('warn')
      machine.run(4_000, () => 4 * GIB, 100)
      expect(machine.acts.length > 0).toBe(mode === 'strict')
    }
  })
})

describe('the ladder', () => {
  it('freezes, waits for an answer, ends, and kills who ignores it', () => {
    const machine = createMachine()
    fallUntilActed(machine, 3 * GIB)
    const decision = machine.run(1_000)
    expect(decision.ask).toMatchObject({ victimId: 'hog', stage: 'frozen' })
    machine.run(21_000)
    expect(kinds(machine)).toEqual(['freeze hog', 'terminate hog', 'kill hog'])
    const [freeze, terminate, kill] = machine.acts.map(({ atMs }) => atMs)
    expect((terminate ?? 0) - (freeze ?? 0)).toBeGreaterThanOrEqual(15_000)
    expect((kill ?? 0) - (terminate ?? 0)).toBeGreaterThanOrEqual(5_000)
  })

  it('kills at once when freezing did not stop the fall', () => {
    const machine = createMachine()
    fallUntilActed(machine, 3 * GIB)
    const from = machine.availableBytes
    machine.run(400, (ms) => from - (ms / 1000) * 3 * GIB)
    expect(kinds(machine)).toEqual(['freeze hog', 'kill hog'])
    expect(machine.last?.level).toBe('emergency')
    expect((machine.acts[1]?.atMs ?? 0) - (machine.acts[0]?.atMs ?? 0)).toBeLessThanOrEqual(250)
  })

  it('kills the frozen one when others leave less than half the floor, but not for one bad sample', () => {
    const machine = createMachine()
    fallUntilActed(machine, 3 * GIB)
    const from = machine.availableBytes
    machine.run(2_000, (ms) => (ms === 1_000 ? GIB : from))
    expect(kinds(machine)).toEqual(['freeze hog'])
    machine.run(100, () => 1.9 * GIB)
    expect(kinds(machine)).toEqual(['freeze hog'])
    machine.run(100, () => 0.9 * GIB)
    expect(kinds(machine)).toEqual(['freeze hog', 'kill hog'])
  })

  it.each([
    ['stop', 'terminate hog'],
    ['continue', 'thaw hog']
  ] as const)('does what the user says: %s', (choice, act) => {
    const machine = createMachine()
    fallUntilActed(machine, 3 * GIB)
    machine.run(1_000)
    machine.nowMs += 25
    machine.step({ victimId: 'hog', choice })
    expect(kinds(machine)).toEqual(['freeze hog', act])
  })

  it('leaves a continued one alone while a stop could still keep the floor', () => {
    const machine = createMachine()
    fallUntilActed(machine, 3 * GIB)
    machine.nowMs += 25
    machine.step({ victimId: 'hog', choice: 'continue' })
    const from = machine.availableBytes
    machine.run(4_000, (ms) => from - (ms / 1000) * 0.3 * GIB)
    expect(machine.acts).toHaveLength(2)
    expect(machine.last?.ask).toBeNull()
    machine.availableBytes = 30 * GIB
    machine.step()
    fallUntilActed(machine, 5 * GIB)
    expect(kinds(machine).slice(2)).toEqual(['freeze hog'])
    expect(machine.availableBytes - 5 * GIB * 0.5).toBeGreaterThan(2 * GIB)
  })

  it('acts on another one although the user said continue for the first', () => {
    const machine = createMachine()
    machine.step({ victimId: 'hog', choice: 'continue' })
    machine.victims = machine.victims.toReversed()
    fallUntilActed(machine, 14 * GIB)
    expect(kinds(machine)).toEqual(['freeze other'])
    expect(machine.availableBytes).toBeGreaterThan(2 * GIB + 14 * GIB * 0.7)
  })

  it('lets one frozen above the reserve go on once, and ends it when it falls again unanswered', () => {
    const machine = createMachine()
    fallUntilActed(machine, 3 * GIB)
    // Somebody else gives some back: room for the same fall, but not enough to call it over.
    machine.run(16_000, () => 9 * GIB)
    expect(kinds(machine)).toEqual(['freeze hog', 'thaw hog'])
    fallUntilActed(machine, 3 * GIB)
    const { ask } = machine.run(1_000)
    expect(ask?.actsInMs).toBeGreaterThan(13_000)
    machine.run(15_000)
    expect(kinds(machine).slice(2, 4)).toEqual(['freeze hog', 'terminate hog'])
  })

  it('does not let it go on where the same fall could not be stopped in time again', () => {
    const machine = createMachine()
    fallUntilActed(machine, 14 * GIB)
    machine.run(16_000, () => 8 * GIB)
    expect(kinds(machine)).toEqual(['freeze hog', 'terminate hog'])
  })

  it('never lets it go on by itself where the user has the word', () => {
    const machine = createMachine({ answerMs: null })
    fallUntilActed(machine, 14 * GIB)
    machine.run(300_000, undefined, 500)
    expect(kinds(machine)).toEqual(['freeze hog'])
  })

  it('keeps frozen for as long as the user wants', () => {
    const machine = createMachine()
    fallUntilActed(machine, 3 * GIB)
    machine.nowMs += 25
    machine.step({ victimId: 'hog', choice: 'keep-frozen' })
    const { ask } = machine.run(600_000, undefined, 500)
    expect(kinds(machine)).toEqual(['freeze hog'])
    expect(ask).toEqual({ victimId: 'hog', stage: 'frozen', actsInMs: null })
  })

  it('lets it go on when memory came back by itself', () => {
    const machine = createMachine()
    fallUntilActed(machine, 3 * GIB)
    machine.run(1_000)
    machine.run(5_000, () => 30 * GIB)
    expect(kinds(machine)).toEqual(['freeze hog', 'thaw hog'])
  })

  it('does not act twice when memory returns late', () => {
    const machine = createMachine()
    fallUntilActed(machine, 3 * GIB)
    const from = machine.availableBytes
    machine.run(300, (ms) => from - (ms / 1000) * 3 * GIB)
    machine.set('hog', 'gone')
    machine.run(25_000)
    expect(kinds(machine)).toEqual(['freeze hog', 'kill hog'])
    machine.run(10_000, () => 60 * GIB)
    expect(kinds(machine)).toHaveLength(2)
    expect(machine.memory.episode).toBeNull()
    expect(machine.last?.level).toBe('calm')
  })

  it('takes a second one only when the fall goes on after the first is gone', () => {
    const machine = createMachine()
    machine.availableBytes = 20 * GIB
    fallUntilActed(machine, 2 * GIB)
    machine.set('hog', 'gone')
    const from = machine.availableBytes
    machine.run(450, (ms) => from - (ms / 1000) * 2 * GIB)
    expect(kinds(machine)).toEqual(['freeze hog'])
    machine.run(400, (ms) => from - 0.9 * GIB - (ms / 1000) * 2 * GIB)
    expect(kinds(machine).slice(1, 2)).toEqual(['freeze other'])
  })

  it('holds the pause for a while even where memory is above the reserve', () => {
    const machine = createMachine()
    fallUntilActed(machine, 14 * GIB)
    machine.set('hog', 'gone')
    const from = machine.availableBytes
    expect(from).toBeGreaterThan(12 * GIB)
    machine.run(400, (ms) => from - (ms / 1000) * 14 * GIB)
    machine.run(3_000)
    expect(kinds(machine)).toEqual(['freeze hog'])
    expect(machine.memory.episode).toBeNull()
  })

  it('asks a runner’s own API first where that gives memory back', () => {
    const machine = createMachine()
    machine.victims = [victimOf('hog', { shrinkableBytes: 10 * GIB })]
    fallUntilActed(machine, 2 * GIB)
    expect(kinds(machine)).toEqual(['shrink hog'])
    fallUntilActed(machine, 2 * GIB)
    expect(kinds(machine)).toEqual(['shrink hog', 'freeze hog'])
  })

  it('does nothing to one that is ending already but wait', () => {
    const machine = createMachine({ mode: 'strict' })
    machine.set('hog', 'ending')
    machine.run(300)
    machine.run(9_400, (ms) => 40 * GIB - (ms / 1000) * 4 * GIB)
    expect(kinds(machine).filter((act) => act !== 'kill hog')).toEqual([])
  })

  it('says so when nobody may be stopped', () => {
    const machine = createMachine()
    machine.victims = []
    machine.run(300)
    const { level, reasons, action } = machine.run(9_400, (ms) => 40 * GIB - (ms / 1000) * 4 * GIB)
    expect(action).toBeNull()
    expect(level).toBe('act')
    expect(reasons[0]).toMatch(/^Nobody may be stopped/)
  })
})

describe('the modes', () => {
  const fall = (ms: number): number => 40 * GIB - (ms / 1000) * 4 * GIB

  it('off and observe never act; observe says once what it would have done', () => {
    for (const mode of ['off', 'observe'] as const) {
      const machine = createMachine({ mode })
      machine.run(300)
      const { ask, holdLaunches } = machine.run(12_000, fall)
      expect(machine.acts).toEqual([])
      expect({ ask, holdLaunches }).toEqual({ ask: null, holdLaunches: false })
      expect(machine.woulds.map(({ kind }) => kind)).toEqual(mode === 'observe' ? ['freeze'] : [])
    }
  })

  it('relaxed acts only below the floor, and then waits for the user', () => {
    const machine = createMachine({ mode: 'relaxed' })
    fallUntilActed(machine, 0.5 * GIB)
    expect(machine.availableBytes).toBeLessThan(2 * GIB)
    machine.run(120_000, undefined, 500)
    expect(kinds(machine)).toEqual(['freeze hog'])
  })

  it('strict ends at once, and sooner', () => {
    const machine = createMachine({ mode: 'strict' })
    fallUntilActed(machine, 3 * GIB)
    expect(kinds(machine)).toEqual(['terminate hog'])
    expect(machine.availableBytes).toBeGreaterThan(8 * GIB)
  })

  it('custom is balanced with the user’s numbers', () => {
    const machine = createMachine({ mode: 'custom', floorBytes: 8 * GIB, reserveBytes: 16 * GIB })
    fallUntilActed(machine, 3 * GIB)
    expect(kinds(machine)).toEqual(['freeze hog'])
    expect(machine.availableBytes).toBeGreaterThan(8 * GIB)
  })
})

describe('somebody frozen', () => {
  it.each(['off', 'observe'] as const)('runs again when the mode becomes %s', (mode) => {
    const machine = createMachine()
    fallUntilActed(machine, 3 * GIB)
    machine.policy = { ...machine.policy, mode }
    machine.run(2_000)
    expect(kinds(machine)).toEqual(['freeze hog', 'thaw hog'])
    expect(machine.memory.episode).toBeNull()
  })

  it('runs again even while memory cannot be read', () => {
    const machine = createMachine()
    fallUntilActed(machine, 3 * GIB)
    machine.policy = { ...machine.policy, mode: 'off' }
    machine.signals = () => ({ monotonicMs: 0 })
    machine.run(100)
    expect(kinds(machine)).toEqual(['freeze hog', 'thaw hog'])
  })

  it.each([
    ['stop', ['terminate hog']],
    ['continue', ['thaw hog']],
    ['keep-frozen', []]
  ] as const)('without an event here is asked about; the answer %s is done', (choice, done) => {
    const machine = createMachine()
    machine.set('hog', 'frozen')
    const { ask } = machine.run(1_000)
    expect(ask).toEqual({ victimId: 'hog', stage: 'frozen', actsInMs: null })
    machine.nowMs += 25
    machine.step({ victimId: 'hog', choice })
    machine.run(30_000, undefined, 100)
    expect(kinds(machine).slice(0, 1)).toEqual(done)
    expect(machine.last?.ask?.stage).toBe(choice === 'keep-frozen' ? 'frozen' : undefined)
  })

  it('who is armed no more ends the event at once: the next fall is acted on', () => {
    const machine = createMachine()
    fallUntilActed(machine, 3 * GIB)
    machine.victims = [victimOf('other')]
    machine.run(25)
    expect(machine.memory.episode).toBeNull()
    fallUntilActed(machine, 2 * GIB)
    expect(kinds(machine)).toEqual(['freeze hog', 'freeze other'])
  })
})

describe('levels', () => {
  it('go up at once and down after three seconds', () => {
    const machine = createMachine()
    machine.run(5_000, () => 40 * GIB)
    expect(machine.last?.level).toBe('calm')
    expect(machine.run(25, () => 5 * GIB).level).toBe('watch')
    expect(machine.run(2_900, () => 20 * GIB).level).toBe('watch')
    expect(machine.run(300, () => 20 * GIB).level).toBe('calm')
  })

  it('do not flicker at a bound', () => {
    const machine = createMachine()
    machine.run(1_000, () => 5.9 * GIB, 100)
    machine.run(20_000, () => 6.3 * GIB, 100)
    expect(machine.last?.level).toBe('watch')
  })
})

describe('readings', () => {
  it('that are stale or missing change no level and cause no act', () => {
    const machine = createMachine()
    fallUntilActed(machine, 3 * GIB)
    const level = machine.last?.level
    const signals = machine.signals
    machine.signals = () => ({ monotonicMs: 0 })
    machine.run(30_000)
    expect(machine.acts).toHaveLength(1)
    expect(machine.last?.level).toBe(level)
    expect(machine.last?.reasons[0]).toMatch(/cannot be read/)
    machine.signals = signals
  })

  it('before and after a gap conclude nothing about the time between', () => {
    const machine = createMachine()
    machine.run(5_000, () => 60 * GIB)
    machine.nowMs += 3_600_000
    const { level, secondsToEmpty } = machine.run(200, () => 3 * GIB)
    expect(machine.acts).toEqual([])
    expect({ level, secondsToEmpty }).toEqual({ level: 'watch', secondsToEmpty: null })
  })

  it('do not use up the time to answer while the machine sleeps', () => {
    const machine = createMachine()
    fallUntilActed(machine, 3 * GIB)
    machine.nowMs += 3_600_000
    machine.run(5_000)
    expect(kinds(machine)).toEqual(['freeze hog'])
  })
})

describe('the pace', () => {
  it('is slow at rest, faster near the floor, fastest in a fall', () => {
    const machine = createMachine()
    machine.run(2_000, () => 40 * GIB, 100)
    expect(pace(machine.memory, BALANCED)).toBe(100)
    machine.run(2_000, () => 4 * GIB, 100)
    expect(pace(machine.memory, BALANCED)).toBe(50)
    machine.run(2_000, () => 14 * GIB, 100)
    machine.run(100, () => 13 * GIB, 100)
    expect(pace(machine.memory, BALANCED)).toBe(25)
    expect(pace(initialGuardMemory(), BALANCED)).toBe(100)
  })
})

import { afterEach, describe, expect, it } from 'vitest'
import { startEater, type Eater, type EaterOptions } from '../support/eater-process.ts'
import { fakeMemory, type FakeMemory } from '../support/fake-memory.ts'
import {
  connectStandIn,
  startSentinel,
  stateOf,
  victimOf,
  watchOf,
  type CoreStandIn,
  type SentinelOptions,
  type SentinelProcess
} from '../support/sentinel-process.ts'
import { isAlive } from '../support/until.ts'

// The real process, real signals to real processes; memory is as the test says.

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function memory(availableMib = 4_096): FakeMemory {
  const fake = fakeMemory(8_192, availableMib)
  cleanups.push(() => fake.remove())
  return fake
}
async function sentinel(fake: FakeMemory, options: SentinelOptions = {}): Promise<SentinelProcess> {
  const started = await startSentinel({ procRoot: fake.procRoot, lingerMs: 300, ...options })
  cleanups.push(() => started.remove())
  return started
}
async function core(process: SentinelProcess): Promise<CoreStandIn> {
  const connected = await connectStandIn(process.socketPath)
  cleanups.push(() => connected.close())
  return connected
}
async function eater(options: EaterOptions = {}): Promise<Eater> {
  const started = await startEater(options)
  cleanups.push(() => started.end())
  return started
}

describe('the ladder on real processes', () => {
  it('freezes the one that is first, and kills it when memory falls on', async () => {
    const fake = memory()
    const guard = await sentinel(fake)
    const stand = await core(guard)
    const hog = await eater()
    const other = await eater()
    stand.arm([watchOf([victimOf('hog', hog.pids), victimOf('other', other.pids)])])
    const [pid] = hog.pids
    void fake.fall(100, 2_000)
    const frozen = await stand.event('freeze')
    expect(frozen).toMatchObject({ watchId: 'main', victimId: 'hog', label: 'hog' })
    expect(frozen.reasons.length).toBeGreaterThan(0)
    await stand.event('kill')
    await stand.event('gone')
    expect(isAlive(pid ?? 0)).toBe(false)
    fake.set(4_096)
    await stand.event('memory-back')
    expect(other.pids.map(stateOf)).not.toContain('T')
    expect(other.pids.every(isAlive)).toBe(true)
  })
})

import { describe, expect, test } from 'vitest'
import { calmParts } from '../../../src/renderer/src/stores/calm-parts.ts'
import { assignHues, HUE_COUNT } from '../../../src/renderer/src/stores/hues.ts'
import { createLiveStore } from '../../../src/renderer/src/stores/live.ts'
import { liveSchema } from '../../../src/shared/contract/schemas.ts'
import type { LedgerPart } from '../../../src/shared/model/ledger.ts'
import { fakeCore } from '../../support/fake-core/core.ts'
import { SCENARIOS } from '../../support/fake-core/scenarios.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30

describe('hues', () => {
  const profiles = Array.from({ length: HUE_COUNT }, (_, at) => `runner:m${at}`)

  test('the first seven differ', () => {
    expect(new Set(assignHues(profiles).values()).size).toBe(HUE_COUNT)
  })

  test('depend on the profiles alone, in whatever order they come', () => {
    const first = assignHues(profiles)
    expect([...assignHues(profiles.toReversed())].toSorted()).toEqual([...first].toSorted())
    const more = assignHues(profiles, ['runner:stray'])
    for (const id of profiles) expect(more.get(id)).toBe(first.get(id))
  })

  test('are the same whatever ran when the page was opened', () => {
    const tick = liveSchema.parse(fakeCore(SCENARIOS.calm, 'system').tick().payload)
    const ids = SCENARIOS.calm.profiles.map((one) => one.id)
    const hues = (early: readonly string[]): ReadonlyMap<string, number> => {
      const store = createLiveStore()
      store.getState().set({ ...tick, ledger: tick.ledger.filter((part) => early.includes(part.id)) })
      store.getState().knowRunners(ids)
      store.getState().set(tick)
      return store.getState().hues
    }
    const runners = tick.ledger.filter((part) => part.kind === 'runner').map((part) => part.id)
    expect(runners.length).toBeGreaterThan(1)
    for (const early of [[], ...runners.map((id) => [id]), runners]) {
      expect([...hues(early)].toSorted()).toEqual([...hues(runners)].toSorted())
    }
  })
})

describe('what looks the same is the same', () => {
  const part = (id: string, bytes: number, over: Partial<LedgerPart> = {}): LedgerPart => ({
    id,
    label: id,
    kind: 'process',
    bytes,
    gpuBytes: 0,
    hostBytes: bytes,
    ...over
  })
  const before = [part('a', 3.04 * GIB, { pids: [1, 2] }), part('b', 200 * MIB)]
  const next = (a: LedgerPart, b: LedgerPart) => calmParts(before, [a, b], 120 * GIB)

  test('a tick in which nothing can be seen to move is the one before', () => {
    expect(next(part('a', 3.041 * GIB, { pids: [1, 2] }), part('b', 200 * MIB + 4096))).toBe(before)
  })

  test('only the row that changed is new', () => {
    const [a, b] = next(part('a', 3.04 * GIB, { pids: [1, 2] }), part('b', 202 * MIB))
    expect(a).toBe(before[0])
    expect(b?.bytes).toBe(202 * MIB)
  })

  test.each<[string, LedgerPart]>([
    ['another process', part('a', 3.04 * GIB, { pids: [1, 3] })],
    ['another figure in the table', part('a', 3.06 * GIB, { pids: [1, 2] })],
    [
      'another share on the GPU',
      part('a', 3.04 * GIB, { pids: [1, 2], gpuBytes: GIB, hostBytes: 2.04 * GIB })
    ],
    ['another name', part('a', 3.04 * GIB, { pids: [1, 2], label: 'z' })]
  ])('%s is drawn', (_, changed) => {
    expect(next(changed, part('b', 200 * MIB))[0]).toBe(changed)
  })

  test('small steps do not add up unseen', () => {
    let kept: readonly LedgerPart[] = before
    let shown = 0
    for (let step = 1; step <= 200; step += 1) {
      const real = 3.04 * GIB + step * 5 * MIB
      kept = calmParts(kept, [part('a', real, { pids: [1, 2] }), part('b', 200 * MIB)], 120 * GIB)
      shown = Math.max(shown, Math.abs((kept[0]?.bytes ?? 0) - real))
    }
    expect(shown).toBeLessThan((120 * GIB) / 4800)
  })
})

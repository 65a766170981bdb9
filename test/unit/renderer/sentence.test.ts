import { describe, expect, test } from 'vitest'
import { takenBytes } from '../../../src/renderer/src/format/available.ts'
import { GIB } from '../../../src/renderer/src/format/bytes.ts'
import { advice, headline, type HeadlineInput } from '../../../src/renderer/src/format/sentence.ts'
import type { LedgerPart } from '../../../src/shared/model/ledger.ts'
import type { Pressures } from '../../../src/shared/model/snapshot.ts'
import type { GuardStatus } from '../../../src/shared/model/status.ts'

const plain = (text: string): string => text.replaceAll('\u00a0', ' ')

const part = (label: string, kind: LedgerPart['kind'], gib: number): LedgerPart => ({
  id: `${kind}:${label}`,
  label,
  kind,
  bytes: gib * GIB,
  gpuBytes: 0,
  hostBytes: gib * GIB
})

const pressure = (fullAvg10Pct: number): Pressures => {
  const line = { avg10Pct: fullAvg10Pct, avg60Pct: 0, avg300Pct: 0, totalUs: 0 }
  return { memory: { some: line, full: line }, cpu: 'unknown', io: 'unknown' }
}

interface Given {
  readonly availableGib: number
  readonly seconds?: number | null
  readonly fullPct?: number
  readonly perCpuGib?: number
  readonly reserveGib?: number
}

function levelOf({
  availableGib,
  seconds = null,
  fullPct = 0,
  perCpuGib = 0,
  reserveGib = 6
}: Given): GuardStatus['level'] {
  const isShort = availableGib + perCpuGib < reserveGib
  if ((seconds !== null && seconds <= 20) || (isShort && fullPct >= 5)) return 'warn'
  return isShort || seconds !== null || fullPct >= 5 ? 'watch' : 'calm'
}

/** A tick with a level that fits its figures, as the guard would give it. */
function tick(given: Given, guard: Partial<GuardStatus> = {}, ledger = [part('qwen3-32b', 'runner', 61)]) {
  const { availableGib, seconds = null, fullPct = 0, perCpuGib = 0, reserveGib = 6 } = given
  const input = {
    availableBytes: availableGib * GIB,
    perCpuFreeBytes: perCpuGib * GIB,
    reserveBytes: reserveGib * GIB,
    floorBytes: 2 * GIB,
    secondsToEmpty: seconds,
    pressures: pressure(fullPct)
  }
  const { reserveBytes, floorBytes, secondsToEmpty } = input
  const live: HeadlineInput = {
    memAvailableBytes: input.availableBytes,
    perCpuFreeBytes: input.perCpuFreeBytes,
    freeForModelsBytes: Math.max(0, input.availableBytes + input.perCpuFreeBytes - reserveBytes),
    admission: {
      allocatableBytes: Math.max(0, input.availableBytes + input.perCpuFreeBytes - reserveBytes),
      reservedBytes: 0,
      growthBytes: 0,
      reservations: [],
      waiting: []
    },
    pressure: input.pressures,
    ledger,
    guard: {
      mode: 'observe',
      level: levelOf(given),
      reasons: [],
      reserveBytes,
      floorBytes,
      secondsToEmpty,
      ...guard
    }
  }
  return live
}

test.each<[Given, string]>([
  [{ availableGib: 43 }, '37 GiB free for models. Desktop safe.'],
  [{ availableGib: 6 }, 'Nothing left for models. Desktop safe.'],
  [{ availableGib: 4 }, 'Nothing left for models. 4.0 GiB left of the desktop’s reserve.'],
  [{ availableGib: 60, seconds: 15 }, 'Memory will be gone in about 15 s. 60 GiB left.'],
  [{ availableGib: 40, seconds: 45 }, 'Memory is falling: 40 GiB left, enough for about 45 s.'],
  [{ availableGib: 3, seconds: 90 }, 'Only 3.0 GiB left, less than the desktop’s reserve, and falling.'],
  [{ availableGib: 3, fullPct: 20 }, 'Only 3.0 GiB left, and programs are waiting for memory.'],
  [{ availableGib: 43, fullPct: 20 }, '37 GiB free for models, but programs are waiting for memory.']
])('%j', (given, text) => expect(plain(headline(tick(given)))).toBe(text))

test.each([
  [{ availableGib: 6 }, 0],
  [{ availableGib: 5.5, perCpuGib: 0.5 }, 0],
  [{ availableGib: 4 }, 2]
])('%j: of the reserve %d GiB are taken, as the headline has it', (given, gib) => {
  const live = tick(given)
  expect(takenBytes(live, live.guard.reserveBytes)).toBe(gib * GIB)
  expect(headline(live).includes('of the desktop’s reserve')).toBe(gib > 0)
})

describe('over a whole grid of machines', () => {
  const grid = [0, 0.4, 1.9, 2, 4, 5.98, 6, 6.02, 9.97, 40, 110].flatMap((availableGib) =>
    [null, 0.3, 1, 15, 20, 20.1, 45, 60, 61, 400].flatMap((seconds) =>
      [0, 4.9, 5, 48].flatMap((fullPct) =>
        [0, 0.5, 3].flatMap((perCpuGib) =>
          [0, 6, 20].map((reserveGib): Given => ({ availableGib, seconds, fullPct, perCpuGib, reserveGib }))
        )
      )
    )
  )
  /** Every claim the sentence can make, and when it is true. */
  const CLAIMS: readonly [RegExp, (live: HeadlineInput, available: number) => boolean][] = [
    [/falling|gone in|enough for/, ({ guard }) => guard.secondsToEmpty !== null],
    [
      /waiting for memory/,
      ({ pressure: { memory } }) =>
        memory !== 'unknown' && memory.full !== 'unknown' && memory.full.avg10Pct >= 5
    ],
    [
      /less than the desktop’s reserve|left of the desktop’s reserve/,
      ({ guard }, available) => available < guard.reserveBytes
    ],
    [/Only /, ({ guard }, available) => available < guard.reserveBytes],
    [/nearly gone/, ({ guard }, available) => available < guard.floorBytes],
    [/Nothing left/, ({ freeForModelsBytes }) => freeForModelsBytes === 0],
    [/free for models/, ({ freeForModelsBytes }) => freeForModelsBytes > 0],
    [/Desktop safe/, ({ guard }, available) => guard.level === 'calm' && available >= guard.reserveBytes]
  ]
  test.each(['assessed', 'act', 'emergency'] as const)('no claim is untrue of its input: %s', (level) => {
    for (const given of grid) {
      const live = tick(given, level === 'assessed' ? {} : { level })
      const said = plain(headline(live))
      const available = live.memAvailableBytes + (given.perCpuGib ?? 0) * GIB
      for (const [words, isTrue] of CLAIMS) {
        if (words.test(said))
          expect(isTrue(live, available), `${said} — of ${JSON.stringify(given)}`).toBe(true)
      }
      const left = /([\d.]+) (GiB|MiB) left/.exec(said)
      if (left !== null) {
        const bytes = Number(left[1]) * (left[2] === 'GiB' ? GIB : GIB / 1024)
        expect(Math.abs(bytes - available), said).toBeLessThanOrEqual(Math.max(0.051 * GIB, available * 0.05))
      }
      const about = /about (\d+) (s|min)/.exec(said)
      if (about !== null) {
        expect(Math.abs(Number(about[1]) - Math.max(1, given.seconds ?? -1)), said).toBeLessThanOrEqual(0.5)
      }
      // And what is not fine is not passed over.
      if (live.guard.level !== 'calm') expect(said).not.toContain('safe')
    }
  })
})

describe('the second line', () => {
  test('calm names the largest model, trouble says what stopping it gives', () => {
    expect(plain(advice(tick({ availableGib: 43 })))).toBe('qwen3-32b is the largest model: 61 GiB.')
    expect(
      plain(advice(tick({ availableGib: 4 }, { reasons: ['Part of the desktop’s reserve is in use.'] })))
    ).toBe('Part of the desktop’s reserve is in use. Stopping qwen3-32b would give about 61 GiB back.')
    expect(
      plain(
        advice(
          tick({ availableGib: 43, fullPct: 20 }, { reasons: ['Programs are waiting for memory.'] }, [
            part('blender', 'process', 30)
          ])
        )
      )
    ).toBe('Programs are waiting for memory. blender holds 30 GiB; close it to get that back.')
    expect(advice(tick({ availableGib: 43 }, {}, []))).toBe('No model started by Firebreak is running.')
  })

  test('does not say again what the headline said', () => {
    expect(plain(advice(tick({ availableGib: 30, seconds: 9 })))).toBe(
      'Stopping qwen3-32b would give about 61 GiB back.'
    )
  })
})

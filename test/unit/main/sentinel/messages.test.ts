import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseToSentinel } from '../../../../src/main/sentinel/message.parse.ts'
import type { ToSentinel } from '../../../../src/main/sentinel/protocol.ts'

const ARM: ToSentinel = {
  type: 'arm',
  sequence: 3,
  watches: [
    {
      id: 'main',
      policy: {
        mode: 'balanced',
        reserveBytes: 2e9,
        floorBytes: 1e9,
        restsAtBytes: 'unknown',
        answerMs: null
      },
      victims: [
        {
          id: 'r1',
          label: 'qwen3-32b',
          bytes: 6e10,
          stopLatencyMs: 500,
          graceMs: 10_000,
          shrinkableBytes: 0,
          processes: [{ pid: 4_000, startTicks: 12_345 }],
          groupLeaders: [],
          cgroupDir: '/sys/fs/cgroup/user.slice/firebreak.slice/x.scope'
        }
      ]
    }
  ],
  holders: [{ label: 'qwen3-32b', bytes: 6e10 }]
}
const MESSAGES: readonly ToSentinel[] = [
  { type: 'hello', protocol: 1, pid: 9, startTicks: 8, blackBoxPath: '/tmp/box' },
  { type: 'hello', protocol: 1, pid: 9, startTicks: 8, blackBoxPath: null },
  ARM,
  { type: 'answer', watchId: 'main', victimId: 'r1', choice: 'keep-frozen' },
  { type: 'ack', sequence: 4 },
  { type: 'bye' }
]

/** Every way to spoil one field, however deep. */
function* spoiled(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) {
      for (const bad of spoiled(item)) yield value.with(i, bad)
    }
    yield 'text'
    return
  }
  if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      for (const bad of spoiled(item)) yield { ...value, [key]: bad }
      yield { ...value, [key]: undefined }
    }
    yield []
    return
  }
  yield { no: 'such' }
  if (typeof value === 'number') yield -1
}

describe('messages from the core', () => {
  it.each(MESSAGES)('takes a whole one: $type', (message) => {
    expect(parseToSentinel(JSON.stringify(message))).toEqual(message)
  })

  it.each(MESSAGES)('refuses it with any field spoiled, or the one victim it is of: $type', (message) => {
    for (const bad of spoiled(message)) {
      const parsed = parseToSentinel(JSON.stringify(bad))
      const left = parsed?.type === 'arm' ? parsed.watches.flatMap(({ victims }) => victims) : parsed
      expect(left ?? [], JSON.stringify(bad)).toEqual([])
    }
  })

  it.each(['', '{', 'null', '[]', '7', '"arm"', '{"type":"other"}'])('refuses what is none: %j', (line) =>
    expect(parseToSentinel(line)).toBeNull()
  )

  it('refuses one watch twice, and a victim with a path with a way up, and more than any machine has', () => {
    const [watch] = ARM.watches
    const [victim] = watch!.victims
    const armWith = (changes: object): string =>
      JSON.stringify({ ...ARM, watches: [{ ...watch, victims: [{ ...victim, ...changes }] }] })
    const armed = (changes: object): number | undefined => {
      const message = parseToSentinel(armWith(changes))
      return message?.type === 'arm' ? message.watches[0]?.victims.length : undefined
    }
    expect(armed({})).toBe(1)
    expect(parseToSentinel(JSON.stringify({ ...ARM, watches: [watch, watch] }))).toBeNull()
    expect(armed({ cgroupDir: '/sys/fs/cgroup/../../etc' })).toBe(0)
    expect(armed({ cgroupDir: 'relative' })).toBe(0)
    expect(armed({ label: 'x'.repeat(1_000) })).toBe(0)
    const processes = Array.from({ length: 5_000 }, (_, pid) => ({ pid, startTicks: 1 }))
    expect(armed({ processes })).toBe(0)
  })

  it('takes the user’s list of names where there is one, and refuses one that is none', () => {
    const [watch] = ARM.watches
    const named = (protectedNames: unknown): unknown => {
      const message = parseToSentinel(JSON.stringify({ ...ARM, watches: [{ ...watch, protectedNames }] }))
      return message?.type === 'arm' ? message.watches[0]?.protectedNames : message
    }
    expect(named(['blender', 'my-*'])).toEqual(['blender', 'my-*'])
    expect(named(undefined)).toBeUndefined()
    for (const bad of ['blender', [7], [null], ['x'.repeat(1_000)], {}]) expect(named(bad)).toBeNull()
  })

  it('never throws', () => {
    fc.assert(fc.property(fc.json(), (text) => void parseToSentinel(text)))
    fc.assert(fc.property(fc.string(), (text) => void parseToSentinel(text)))
  })
})

describe('a list with one that is not understood', () => {
  it('keeps the others, and of too many the first', () => {
    const [watch] = ARM.watches
    const [victim] = watch?.victims ?? []
    const parsed = (victims: readonly unknown[]): number | null => {
      const message = parseToSentinel(JSON.stringify({ ...ARM, watches: [{ ...watch, victims }] }))
      return message?.type === 'arm' ? (message.watches[0]?.victims.length ?? null) : null
    }
    expect(parsed([{ ...victim, bytes: -1 }, victim])).toBe(1)
    expect(parsed(Array.from({ length: 129 }, () => victim))).toBe(128)
  })
})

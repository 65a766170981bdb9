import { describe, expect, it } from 'vitest'
import {
  waysOut,
  type RoomMaker,
  type WaysOutInput
} from '../../../../../src/shared/domain/admission/ways-out.ts'
import type { Estimate, Interval, WayOut } from '../../../../../src/shared/model/estimate.ts'
import type { FieldProfile, LlamaCppProfile, Profile } from '../../../../../src/shared/model/runner.ts'
import { numberSetting } from '../../../../../src/shared/model/specs/index.ts'
import { defaultLlamaCppSettings } from '../../../../../src/shared/settings/llamacpp-defaults.ts'

const GIB = 1024 ** 3
const MIB = 1024 ** 2
const KIB = 1024

const common = {
  id: 'qwen',
  label: 'Qwen3-32B',
  modelPath: '/m/qwen.gguf',
  restartOnCrash: true,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null
} as const

const llama = (settings: Partial<LlamaCppProfile['settings']> = {}): LlamaCppProfile => ({
  ...common,
  kind: 'llamacpp',
  settings: { ...defaultLlamaCppSettings(), ...settings }
})
const vllm = (settings: FieldProfile['settings'] = {}): FieldProfile => ({
  ...common,
  kind: 'vllm',
  settings
})

const estimateOf = (total: Interval): Estimate => ({
  parts: [],
  total,
  growthBytes: 0,
  source: 'formula',
  confidence: 'good',
  notes: [],
  bytesPerContextToken: null,
  activeWeightBytes: null
})

/** 10 GiB of weights, 256 KiB per token (half of it in 8 bits), the prompt cache at its peak. */
function model(profile: Profile): Estimate {
  if (profile.kind !== 'llamacpp') throw new Error('no llama.cpp')
  const { contextTokens, extraArgs, promptCacheMiB, parallelSlots } = profile.settings
  const perToken = extraArgs.includes('q8_0') ? 128 * KIB : 256 * KIB
  const expectedBytes = 10 * GIB + (contextTokens || 131_072) * perToken + parallelSlots * 64 * MIB
  return estimateOf({
    lowBytes: expectedBytes,
    expectedBytes,
    peakBytes: expectedBytes + promptCacheMiB * MIB
  })
}

function ask(profile: Profile, freeGib: number, more: Partial<WaysOutInput> = {}): readonly WayOut[] {
  const of = more.estimateOf ?? model
  return waysOut({
    profile,
    estimate: of(profile),
    allocatableBytes: freeGib * GIB,
    mostBytes: 100 * GIB,
    memTotalBytes: 120 * GIB,
    estimateOf: of,
    trainedContext: 131_072,
    canHaveSmallCache: true,
    needOf: () => null,
    quants: [],
    runners: [],
    ...more
  })
}

const settingsOf = (ways: readonly WayOut[]) => ways.flatMap((way) => (way.kind === 'settings' ? [way] : []))
const kindsOf = (ways: readonly WayOut[]) => ways.map(({ kind }) => kind)

describe('ways out of llama.cpp', () => {
  it('are none where it fits, and none where nothing is known', () => {
    expect(ask(llama(), 60)).toEqual([])
    const { total } = model(llama())
    const unknown = {
      ...estimateOf({ ...total, lowBytes: 0 }),
      confidence: 'unknown' as const
    }
    expect(ask(llama(), 1, { estimate: unknown })).toEqual([])
  })

  it.each([
    ['small ones in steps of 1024', 16, 1024, 65_536],
    ['larger ones in steps of 8192', 24, 8192, 131_072],
    ['the largest small one', 18.1, 8192, 65_536]
  ])('name the largest context that fits, rounded for people, in full: %s', (_, gib, step, now) => {
    const ways = settingsOf(ask(llama({ contextTokens: now, promptCacheMiB: 0 }), gib))
    const context = ways.find(({ settings }) => 'contextTokens' in settings)
    const tokens = Number(context?.settings['contextTokens'])
    expect(tokens % step).toBe(0)
    expect(context?.verdict).toBe('fits')
    const peakWith = (contextTokens: number) =>
      model(llama({ contextTokens, promptCacheMiB: 0 })).total.peakBytes
    expect(peakWith(tokens)).toBeLessThanOrEqual(gib * GIB)
    expect(peakWith(tokens + step)).toBeGreaterThan(gib * GIB)
    expect(context?.total.peakBytes).toBe(peakWith(tokens))
    expect(context?.label).toBe(`A context of ${tokens} tokens (${now} now)`)
  })

  it('never name a context that is not smaller', () => {
    for (const now of [1024, 2048, 3000, 32_768, 33_000, 40_960, 50_000]) {
      const profile = llama({ contextTokens: now, promptCacheMiB: 0 })
      const gib = (model(profile).total.peakBytes - 1) / GIB
      for (const { settings } of settingsOf(ask(profile, gib, { canHaveSmallCache: false }))) {
        if ('contextTokens' in settings) expect(Number(settings['contextTokens'])).toBeLessThan(now)
      }
    }
  })

  it('take the context a model was trained with for 0, and offer none where that is not known', () => {
    const profile = llama({ contextTokens: 0, promptCacheMiB: 0 })
    const known = settingsOf(ask(profile, 20))
    expect(known.some(({ label }) => label.includes('131072 now'))).toBe(true)
    const unknown = settingsOf(ask(profile, 20, { trainedContext: null }))
    expect(unknown.some(({ label }) => label.startsWith('A context of'))).toBe(false)
  })

  it('put an 8-bit cache in place of what the arguments say, once, and not where it cannot be', () => {
    const profile = llama({
      contextTokens: 65_536,
      promptCacheMiB: 0,
      extraArgs: ['--cache-type-k=f16', '-ctv', 'f16', '--jinja']
    })
    const way = settingsOf(ask(profile, 20)).find(({ settings }) => 'extraArgs' in settings)
    expect(way?.settings['extraArgs']).toEqual(['--jinja', '-ctk', 'q8_0', '-ctv', 'q8_0'])
    const without = settingsOf(ask(profile, 20, { canHaveSmallCache: false }))
    expect(without.some(({ settings }) => 'extraArgs' in settings)).toBe(false)
    const small = llama({ ...profile.settings, extraArgs: ['-ctk', 'q8_0', '-ctv', 'q4_0'] })
    expect(settingsOf(ask(small, 15)).some(({ settings }) => 'extraArgs' in settings)).toBe(false)
  })

  it('offer both together where the smaller cache alone is not enough', () => {
    const ways = settingsOf(ask(llama({ contextTokens: 131_072, promptCacheMiB: 0 }), 20))
    const alone = ways.find(({ settings }) => 'contextTokens' in settings && !('extraArgs' in settings))
    const both = ways.find(({ settings }) => 'contextTokens' in settings && 'extraArgs' in settings)
    expect(Number(both?.settings['contextTokens'])).toBeGreaterThan(Number(alone?.settings['contextTokens']))
    expect(ways.every(({ verdict }) => verdict === 'fits')).toBe(true)
  })

  it('make the prompt cache smaller where only the peak is too much', () => {
    const profile = llama({ contextTokens: 8192, promptCacheMiB: 4096 })
    const free = (model(profile).total.expectedBytes + GIB) / GIB
    const ways = ask(profile, free)
    expect(settingsOf(ways)[0]?.settings).toEqual({ promptCacheMiB: 1024 })
    // Tight may be started as it is.
    expect(kindsOf(ways)).not.toContain('anyway')
    expect(kindsOf(ways)).not.toContain('wait')
  })

  it('offer the least of all where nothing alone helps, and nothing where that does not either', () => {
    const profile = llama({ contextTokens: 4096, promptCacheMiB: 1024, parallelSlots: 4 })
    const [least, ...others] = settingsOf(ask(profile, 10 + (2048 * 128 * KIB + 65 * MIB) / GIB))
    expect(others).toEqual([])
    expect(least?.settings).toMatchObject({ contextTokens: 2048, parallelSlots: 1, promptCacheMiB: 0 })
    expect(settingsOf(ask(profile, 9))).toEqual([])
  })

  it('promise no more than the estimate that counts: what is above its formula stays above', () => {
    const profile = llama({ contextTokens: 65_536, promptCacheMiB: 0 })
    const { total } = model(profile)
    const measured = estimateOf({
      lowBytes: total.lowBytes,
      expectedBytes: total.expectedBytes + 3 * GIB,
      peakBytes: total.peakBytes + 3 * GIB
    })
    const tokensOf = (ways: readonly WayOut[]) =>
      Number(settingsOf(ways).find(({ settings }) => 'contextTokens' in settings)?.settings['contextTokens'])
    const less = tokensOf(ask(profile, 16, { estimate: measured }))
    expect(tokensOf(ask(profile, 16)) - less).toBe((3 * GIB) / (256 * KIB))
  })
})

describe('ways out that wait or insist', () => {
  it('wait only where the machine could ever hold it, and ask for its name to do it anyway', () => {
    const ways = ask(llama({ contextTokens: 65_536 }), 5)
    expect(ways.at(-2)).toEqual({ kind: 'wait', label: 'Wait, and start when there is room' })
    expect(ways.at(-1)).toMatchObject({ kind: 'anyway', phrase: 'Qwen3-32B' })
    expect(kindsOf(ask(llama(), 5, { mostBytes: 8 * GIB }))).not.toContain('wait')
  })
})

describe('other quantisations', () => {
  it('are offered where they help, the largest first, two at most', () => {
    const quant = (label: string, gib: number) => ({
      path: `/m/${label}.gguf`,
      label,
      total: { lowBytes: gib * GIB, expectedBytes: gib * GIB, peakBytes: gib * GIB },
      confidence: 'good' as const
    })
    const ways = ask(llama(), 9, {
      quants: [quant('Q2', 3), quant('Q6', 11), quant('Q3', 5), quant('Q4', 8)]
    })
    const models = ways.flatMap((way) => (way.kind === 'model' ? [way.label] : []))
    expect(models).toEqual(['Q4', 'Q3'])
  })
})

describe('runners that make room', () => {
  const runner = (id: string, gib: number, more: Partial<RoomMaker> = {}): RoomMaker => ({
    id,
    label: id,
    state: 'ready',
    bytes: { gpuBytes: gib * GIB, hostBytes: 0, fileBytes: 50 * GIB },
    activity: {
      busy: false,
      requestsRunning: 0,
      requestsWaiting: 0,
      tokensPerS: 0,
      idleSinceMs: 1_000
    },
    models: null,
    free: null,
    importance: 'normal',
    pinned: false,
    ...more
  })
  const busy = {
    activity: { busy: true, requestsRunning: 1, requestsWaiting: 0, tokensPerS: 9, idleSinceMs: null }
  }
  const profile = llama({ contextTokens: 8192, promptCacheMiB: 0 })
  const needGib = model(profile).total.peakBytes / GIB
  const stopsOf = (runners: readonly RoomMaker[], freeGib = needGib - 6) =>
    ask(profile, freeGib, { runners }).flatMap((way) => (way.kind === 'stop' ? [way] : []))

  it('are each offered alone where one is enough, the least important and idle first', () => {
    const stops = stopsOf([
      runner('high', 9, { importance: 'high' }),
      runner('busy', 9, busy),
      runner('idle', 7),
      runner('low', 8, { importance: 'low' }),
      runner('small', 2)
    ])
    expect(stops.map(({ runnerIds }) => runnerIds)).toEqual([['low'], ['idle'], ['busy']])
    expect(stops[0]).toMatchObject({ givesBackBytes: 8 * GIB, verdict: 'fits' })
    expect(stops[2]?.label).toContain('which is not idle')
  })

  it('are the smallest set where none is enough, the more important ones spared', () => {
    const stops = stopsOf([
      runner('high', 4, { importance: 'high' }),
      runner('low', 1, { importance: 'low' }),
      runner('one', 3),
      runner('two', 4)
    ])
    expect(stops.map(({ runnerIds }) => runnerIds.toSorted())).toEqual([['one', 'two']])
    expect(stops[0]?.givesBackBytes).toBe(7 * GIB)
  })

  it('are never pinned ones, the one that is to be started, stopped or stopping ones, or such that do not help', () => {
    expect(
      stopsOf([
        runner('pinned', 20, { pinned: true }),
        runner('qwen', 20),
        runner('stopped', 20, { state: 'stopped' }),
        runner('stopping', 20, { state: 'stopping' }),
        runner('tiny', 0.01),
        runner('little', 1)
      ])
    ).toEqual([])
  })

  it('are offered for what is not known, where even the least of it is not free', () => {
    const total = { lowBytes: 10 * GIB, expectedBytes: 20 * GIB, peakBytes: 40 * GIB }
    const estimate = { ...estimateOf(total), confidence: 'unknown' as const }
    const ways = ask(profile, 5, { estimate, estimateOf: () => estimate, runners: [runner('idle', 7)] })
    expect(ways[0]).toMatchObject({ kind: 'stop', runnerIds: ['idle'], verdict: 'unknown' })
    expect(ask(profile, 11, { estimate, runners: [runner('idle', 7)] })).toEqual([])
  })

  it('may unload a model, or free what they hold, where they are idle', () => {
    const models = [
      { name: 'llama', state: 'loaded' as const, bytes: 7 * GIB },
      { name: 'gone', state: 'unloaded' as const, bytes: 7 * GIB },
      { name: 'unknown', state: 'loaded' as const, bytes: 'unknown' as const }
    ]
    const free = { frees: true, byItself: true, text: '' }
    const ways = ask(profile, needGib - 6, {
      runners: [
        runner('ollama', 7, { models }),
        runner('comfy', 8, { free }),
        runner('dry', 8, { free: { ...free, frees: false } }),
        runner('working', 8, { free, ...busy })
      ]
    })
    const unloads = ways.flatMap((way) => (way.kind === 'unload' ? [[way.runnerId, way.model]] : []))
    expect(unloads).toEqual([
      ['comfy', null],
      ['ollama', 'llama']
    ])
  })
})

describe('ways out of vLLM', () => {
  const of = (profile: Profile): Estimate => {
    if (profile.kind !== 'vllm') throw new Error('no vLLM')
    const pinned = numberSetting(profile, 'kvCacheMemoryMiB') * MIB
    const expectedBytes =
      pinned > 0 ? 12 * GIB + pinned : numberSetting(profile, 'gpuMemoryUtilization') * 120 * GIB
    return estimateOf({ lowBytes: expectedBytes, expectedBytes, peakBytes: expectedBytes + GIB })
  }
  const needOf = (profile: Profile) => {
    const tokens = profile.kind === 'llamacpp' ? 0 : numberSetting(profile, 'maxModelLen') || 131_072
    const neededBytes = 12 * GIB + tokens * 64 * KIB
    return { neededBytes, cacheBytes: tokens * 64 * KIB, leastShare: neededBytes / (120 * GIB) }
  }

  it('name the largest share that fits, and an exact cache with a share that covers it', () => {
    const ways = settingsOf(ask(vllm({ gpuMemoryUtilization: 0.5 }), 30, { estimateOf: of, needOf }))
    expect(ways[0]?.settings).toEqual({ gpuMemoryUtilization: 0.24 })
    expect(ways[1]?.settings).toEqual({ kvCacheMemoryMiB: 8192, gpuMemoryUtilization: 0.17 })
    expect(ways.map(({ verdict }) => verdict)).toEqual(['fits', 'fits'])
  })

  it('never name a share below what the model needs; a shorter context may still do', () => {
    const ways = settingsOf(ask(vllm({ gpuMemoryUtilization: 0.5 }), 18, { estimateOf: of, needOf }))
    expect(ways.map(({ settings }) => settings)).toEqual([
      { kvCacheMemoryMiB: 4096, maxModelLen: 65_536, gpuMemoryUtilization: 0.14 }
    ])
  })
})

describe('ways out of servers with another share', () => {
  const server = (kind: 'sglang' | 'trtllm' | 'nim', settings: FieldProfile['settings']): FieldProfile => ({
    ...common,
    kind,
    settings
  })
  /** All of its share of 100 GiB, whatever it is a share of; 0: its own choice of 0.9. */
  const of =
    (key: string) =>
    (profile: Profile): Estimate => {
      if (profile.kind === 'llamacpp') throw new Error('no server')
      const expectedBytes = Math.round((numberSetting(profile, key) || 0.9) * 100) * GIB
      return estimateOf({ lowBytes: expectedBytes, expectedBytes, peakBytes: expectedBytes })
    }

  it.each([
    ['sglang', 'memFractionStatic', 0.5, 'what is free when it starts (0.5 now)'],
    ['trtllm', 'freeGpuMemoryFraction', 0.5, 'what is free once its weights are loaded (0.5 now)'],
    ['nim', 'cacheShare', 0.4, 'all memory (0.4 now)'],
    ['sglang', 'memFractionStatic', 0, 'what is free when it starts (its own choice now)']
  ] as const)('say what it is a share of: %s', (kind, key, now, words) => {
    const [way] = settingsOf(ask(server(kind, { [key]: now }), 30, { estimateOf: of(key) }))
    expect(way?.label).toBe(`A share of 0.3 of ${words}`)
    expect(way?.settings).toEqual({ [key]: 0.3 })
  })

  it('are none where the share does not hold what the model needs, however much else it takes', () => {
    const key = 'freeGpuMemoryFraction'
    const ways = (leastShare: number) =>
      settingsOf(
        ask(server('trtllm', { [key]: 0.5 }), 30, {
          estimateOf: of(key),
          needOf: () => ({ neededBytes: 20 * GIB, cacheBytes: 10 * GIB, leastShare })
        })
      )
    expect(ways(0.3)).toHaveLength(1)
    expect(ways(0.31)).toEqual([])
  })
})

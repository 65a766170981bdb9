import type { WayOut } from '../../model/estimate.ts'
import type { LlamaCppProfile } from '../../model/runner.ts'
import { bytesInWords } from '../../util/bytes-in-words.ts'
import type { Trial, Tried } from './ways-out-input.ts'

/** Contexts are offered in steps of so many tokens. */
const CONTEXT_STEP = 1024
/** Less holds no conversation: 2048 tokens. */
const LEAST_CONTEXT_STEPS = 2
/** Prompt caches are offered in steps of so many MiB. */
const PROMPT_CACHE_STEP = 256
const MIB = 1024 ** 2
/** 34 bytes for 32 values instead of 64: the loss is hard to measure. */
const SMALL_CACHE_TYPE = 'q8_0'
const CACHE_TYPE_OPTIONS = new Set(['-ctk', '-ctv', '--cache-type-k', '--cache-type-v'])
/** Types that the small one is smaller than; llama.cpp's default is f16. */
const LARGE_CACHE_TYPES = new Set(['f32', 'f16', 'bf16'])

/** Other settings of llama.cpp with which it fits better, the ones that cost least first. */
export function llamaCppWays(
  profile: LlamaCppProfile,
  trial: Trial,
  trainedContext: number | null
): readonly WayOut[] {
  const { contextTokens, parallelSlots, promptCacheMiB, extraArgs } = profile.settings
  const ways: WayOut[] = []
  const offer = (label: string, tried: Tried | null): boolean => {
    if (tried !== null) ways.push({ kind: 'settings', label, ...tried })
    return tried !== null
  }

  const cacheSteps = Math.ceil(promptCacheMiB / PROMPT_CACHE_STEP) - 1
  if (promptCacheMiB !== 0) {
    const smaller = trial.largest(cacheSteps, (n) => ({ promptCacheMiB: n * PROMPT_CACHE_STEP }))
    if (smaller === null) {
      offer(`No prompt cache (${cacheInWords(promptCacheMiB)} now)`, trial.helpful({ promptCacheMiB: 0 }))
    } else {
      const { n, ...tried } = smaller
      const size = cacheInWords(n * PROMPT_CACHE_STEP)
      offer(`A prompt cache of ${size} (${cacheInWords(promptCacheMiB)} now)`, tried)
    }
  }

  if (parallelSlots > 1) {
    const fewer = trial.largest(parallelSlots - 1, (n) => ({ parallelSlots: n }))
    if (fewer !== null) {
      const { n, ...tried } = fewer
      offer(`${n} ${n === 1 ? 'slot' : 'slots'} (${parallelSlots} now)`, tried)
    }
  }

  const smallCache = withSmallCache(extraArgs)
  if (smallCache !== null) {
    offer(`KV cache of 8 bits (${SMALL_CACHE_TYPE})`, trial.helpful({ extraArgs: smallCache }))
  }

  const context = contextTokens > 0 ? contextTokens : trainedContext
  const most = context === null ? 0 : Math.ceil(context / CONTEXT_STEP) - 1
  const nowInWords = `${context ?? 0} now`
  const withContext = (more: Readonly<Record<string, readonly string[]>>) => {
    const first = LEAST_CONTEXT_STEPS - 1
    const tokens = (n: number): number => (n + first) * CONTEXT_STEP
    const found = trial.largest(most - first, (n) => ({ contextTokens: tokens(n), ...more }))
    if (found === null) return null
    const { n, ...tried } = found
    return { tried, tokens: tokens(n) }
  }
  const smaller = withContext({})
  if (smaller !== null) offer(`A context of ${smaller.tokens} tokens (${nowInWords})`, smaller.tried)
  // Where a smaller cache alone is not enough, it still leaves room for more context.
  if (smallCache !== null && trial.helpful({ extraArgs: smallCache }) === null) {
    const both = withContext({ extraArgs: smallCache })
    if (both !== null && both.tokens > (smaller?.tokens ?? 0)) {
      offer(`KV cache of 8 bits and a context of ${both.tokens} tokens (${nowInWords})`, both.tried)
    }
  }

  if (ways.length === 0) {
    offer(
      'The least of all: one slot, no prompt cache, KV cache of 8 bits, a context of 2048 tokens',
      trial.helpful({
        parallelSlots: 1,
        promptCacheMiB: 0,
        contextCheckpoints: 0,
        contextTokens: Math.min(context ?? Number.POSITIVE_INFINITY, LEAST_CONTEXT_STEPS * CONTEXT_STEP),
        ...(smallCache === null ? {} : { extraArgs: smallCache })
      })
    )
  }
  return ways
}

/** -1 has no limit. */
const cacheInWords = (mib: number): string => (mib < 0 ? 'without limit' : bytesInWords(mib * MIB))

/** The arguments with an 8-bit cache instead of a larger one; null where it has a small one, or cannot have it. */
function withSmallCache(extraArgs: readonly string[]): readonly string[] | null {
  const rest: string[] = []
  const types: string[] = []
  for (let at = 0; at < extraArgs.length; at += 1) {
    const arg = extraArgs[at] ?? ''
    const [name = '', given] = arg.split('=', 2)
    if (!CACHE_TYPE_OPTIONS.has(name)) {
      rest.push(arg)
      continue
    }
    types.push((given ?? extraArgs[at + 1] ?? '').toLowerCase())
    if (given === undefined) at += 1
  }
  const isLarge = types.length < 2 || types.some((type) => LARGE_CACHE_TYPES.has(type))
  if (!isLarge || isWithoutFlashAttention(extraArgs)) return null
  return [...rest, '-ctk', SMALL_CACHE_TYPE, '-ctv', SMALL_CACHE_TYPE]
}

/** A small cache of values needs flash attention. */
const isWithoutFlashAttention = (extraArgs: readonly string[]): boolean =>
  extraArgs.some(
    (arg, at) =>
      ((arg === '-fa' || arg === '--flash-attn') && ['off', '0'].includes(extraArgs[at + 1] ?? '')) ||
      /^(?:-fa|--flash-attn)=(?:off|0)$/.test(arg)
  )

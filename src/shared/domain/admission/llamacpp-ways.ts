import type { WayOut } from '../../model/estimate.ts'
import type { LlamaCppProfile } from '../../model/runner.ts'
import { bytesInWords } from '../../util/bytes-in-words.ts'
import type { Trial, Tried, WaysOutInput } from './ways-out-input.ts'

/** Contexts are offered in steps of so many tokens, larger ones in larger steps: nobody asks for 39 936. */
const CONTEXT_STEP = 1024
const LARGE_CONTEXT_STEP = 8192
const LARGE_CONTEXT = 32_768
/** Less holds no conversation. */
const LEAST_CONTEXT = 2048
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
  { trainedContext, canHaveSmallCache }: Pick<WaysOutInput, 'trainedContext' | 'canHaveSmallCache'>
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

  const smallCache = canHaveSmallCache ? withSmallCache(extraArgs) : null
  if (smallCache !== null) {
    offer(`KV cache of 8 bits (${SMALL_CACHE_TYPE})`, trial.helpful({ extraArgs: smallCache }))
  }

  const context = contextTokens > 0 ? contextTokens : trainedContext
  const most = context === null ? 0 : contextsBelow(context)
  const nowInWords = `${context ?? 0} now`
  const withContext = (more: Readonly<Record<string, readonly string[]>>) => {
    const found = trial.largest(most, (n) => ({ contextTokens: nthContext(n), ...more }))
    if (found === null) return null
    const { n, ...tried } = found
    return { tried, tokens: nthContext(n) }
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
        contextTokens: Math.min(context ?? Number.POSITIVE_INFINITY, LEAST_CONTEXT),
        ...(smallCache === null ? {} : { extraArgs: smallCache })
      })
    )
  }
  return ways
}

/** -1 has no limit. */
const cacheInWords = (mib: number): string => (mib < 0 ? 'without limit' : bytesInWords(mib * MIB))

const SMALL_CONTEXTS = (LARGE_CONTEXT - LEAST_CONTEXT) / CONTEXT_STEP + 1

/** The nth context that is offered, from 1. */
const nthContext = (n: number): number =>
  n <= SMALL_CONTEXTS
    ? LEAST_CONTEXT + (n - 1) * CONTEXT_STEP
    : LARGE_CONTEXT + (n - SMALL_CONTEXTS) * LARGE_CONTEXT_STEP

/** How many of them are smaller. */
const contextsBelow = (context: number): number =>
  context <= LARGE_CONTEXT
    ? Math.ceil((context - LEAST_CONTEXT) / CONTEXT_STEP)
    : SMALL_CONTEXTS + Math.ceil((context - LARGE_CONTEXT) / LARGE_CONTEXT_STEP) - 1

/** The arguments with an 8-bit cache instead of a larger one; null where it has a small one. */
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
  if (!isLarge) return null
  return [...rest, '-ctk', SMALL_CACHE_TYPE, '-ctv', SMALL_CACHE_TYPE]
}

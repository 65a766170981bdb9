import type { WayOut } from '../../model/estimate.ts'
import type { FieldProfile, RunnerKind } from '../../model/runner.ts'
import { numberSetting, RUNNER_SPECS } from '../../model/specs/index.ts'
import { bytesInWords } from '../../util/bytes-in-words.ts'
import type { Trial, WaysOutInput } from './ways-out-input.ts'

/** Kinds that ask for a share of memory whatever the model, and the setting that says how much. */
const SHARE_KEYS: Partial<Readonly<Record<RunnerKind, string>>> = {
  vllm: 'gpuMemoryUtilization',
  sglang: 'memFractionStatic',
  trtllm: 'freeGpuMemoryFraction',
  nim: 'cacheShare'
}
/** What it is a share of. */
const SHARE_OF: Partial<Readonly<Record<RunnerKind, string>>> = {
  sglang: 'what is free when it starts',
  trtllm: 'what is free once its weights are loaded'
}
/** Shares are offered in hundredths. */
const PER_SHARE = 100
/** Caches are offered in steps of so many MiB. */
const CACHE_STEP_MIB = 256
const MIB = 1024 ** 2
/** Contexts below are of no use for a server: 4096 tokens. */
const LEAST_CONTEXT_TOKENS = 4096

/** A smaller share, or an exact size of the cache, with which it fits better and still starts. */
export function shareWays(profile: FieldProfile, trial: Trial, input: WaysOutInput): readonly WayOut[] {
  const key = SHARE_KEYS[profile.kind]
  const field = RUNNER_SPECS[profile.kind].fields.find((one) => one.key === key)
  if (key === undefined || field === undefined || field.type !== 'number') return []
  const now = numberSetting(profile, key)
  return [
    ...smallerShare(profile, trial, input, { key, min: field.min, max: field.max, now }),
    ...(profile.kind === 'vllm' ? exactCache(profile, trial, input, key, field.max) : [])
  ]
}

function smallerShare(
  profile: FieldProfile,
  trial: Trial,
  { needOf }: WaysOutInput,
  {
    key,
    min,
    max,
    now
  }: { readonly key: string; readonly min: number; readonly max: number; readonly now: number }
): readonly WayOut[] {
  // 0 leaves it to the program, which is no share of nothing.
  const first = Math.max(1, Math.ceil(min * PER_SHARE - Number.EPSILON)) - 1
  const most = Math.round((now > 0 ? now : max) * PER_SHARE) - 1 - first
  const share = (n: number): number => (n + first) / PER_SHARE
  const found = trial.largest(most, (n) => ({ [key]: share(n) }))
  if (found === null) return []
  const { n, ...tried } = found
  const need = needOf({ ...profile, settings: { ...profile.settings, ...tried.settings } })
  // Below what the model needs it refuses to start: that is no way out.
  if (need !== null && need.leastShare > share(n)) return []
  const whole = SHARE_OF[profile.kind] ?? 'all memory'
  const before = now > 0 ? `${now} now` : 'its own choice now'
  return [{ kind: 'settings', label: `A share of ${share(n)} of ${whole} (${before})`, ...tried }]
}

/** The cache for one whole conversation, and a share that just covers it, as the check at its start asks for. */
function exactCache(
  profile: FieldProfile,
  trial: Trial,
  { needOf, memTotalBytes, trainedContext }: WaysOutInput,
  shareKey: string,
  mostShare: number
): readonly WayOut[] {
  const context = numberSetting(profile, 'maxModelLen') || trainedContext
  if (context === null || memTotalBytes <= 0) return []
  const least = Math.min(context, LEAST_CONTEXT_TOKENS)
  for (let tokens = context; tokens >= least; tokens = Math.floor(tokens / 2)) {
    const shorter = tokens === context ? {} : { maxModelLen: tokens }
    const need = needOf({ ...profile, settings: { ...profile.settings, ...shorter } })
    if (need === null || need.cacheBytes <= 0) return []
    const kvCacheMemoryMiB = Math.ceil(need.cacheBytes / MIB / CACHE_STEP_MIB) * CACHE_STEP_MIB
    const share =
      Math.ceil(((need.neededBytes + CACHE_STEP_MIB * MIB) / memTotalBytes) * PER_SHARE) / PER_SHARE
    if (share > mostShare) continue
    const tried = trial.helpful({ kvCacheMemoryMiB, ...shorter, [shareKey]: share })
    if (tried === null) continue
    const size = bytesInWords(kvCacheMemoryMiB * MIB)
    return [{ kind: 'settings', label: `A cache of exactly ${size}, enough for ${tokens} tokens`, ...tried }]
  }
  return []
}

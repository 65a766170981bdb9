import type { Estimate, EstimatePart } from '../../model/estimate.ts'
import type { ModelFacts } from '../../model/model-facts.ts'
import { bytesInWords } from '../../util/bytes-in-words.ts'
import { between, exactly, partOf } from './part.ts'
import { mappedFilesPart, serverEstimate } from './pool-server.ts'
import { activeWeights, configOf, fileBytesOf, loadedWeights } from './served-model.ts'
import type { EstimateRequest } from './types.ts'
import { unknownEstimate } from './unknown.ts'
import { vllmKvPool, vllmOverhead, vllmRequested } from './vllm-pool.ts'
import { LARGE_STEP_TOKENS, vllmNotes, type VllmNeed } from './vllm-notes.ts'
import { vllmSettings, type VllmSettings } from './vllm-settings.ts'
import { draftWeights, isPackedWhileLoading, vllmKv, vllmWeights } from './vllm-weights.ts'

const GIB = 1024 ** 3
/** Beyond its share: host processes, tokenizer, shared memory, CUDA graphs beyond what it booked: +0.3 to +2 GiB. */
const BESIDE = between(0.3 * GIB, GIB, 2 * GIB)
/** A share is written with two digits. */
const SHARE_DIGITS = 100

/** Weights + overhead + cache for one request of the longest context; null: nothing is known of the model. */
export function vllmNeed({ profile, facts, draft, machine }: EstimateRequest): VllmNeed | null {
  if (facts === null || profile.kind === 'llamacpp') return null
  const settings = vllmSettings(profile, machine)
  const weightsBytes = vllmWeights(facts, settings).expectedBytes + draftWeights(draft).expectedBytes
  const overheadBytes = vllmOverhead(settings.batchedTokens).expectedBytes
  const kv = vllmKv(facts, settings)
  const contextTokens = settings.contextTokens ?? configOf(facts)?.maxPositions ?? null
  const cacheBytes = kv === null ? 0 : kv.bytesPerToken * (contextTokens ?? 0) + kv.windowBytes
  const neededBytes = weightsBytes + overheadBytes + cacheBytes
  return {
    weightsBytes,
    overheadBytes,
    kvBytesPerToken: kv?.bytesPerToken ?? null,
    isCacheWhole: kv?.isWhole ?? false,
    cacheBytes,
    contextTokens,
    neededBytes,
    utilisation: Math.ceil((neededBytes / Math.max(1, machine.memTotalBytes)) * SHARE_DIGITS) / SHARE_DIGITS
  }
}

/** vLLM: it takes its share of all memory whatever the model; what the model needs is in the notes. */
export function estimateVllm(request: EstimateRequest): Estimate {
  const { profile, facts, machine } = request
  if (profile.kind === 'llamacpp') return unknownEstimate('This is no profile of vLLM.')
  const settings = vllmSettings(profile, machine)
  const need = vllmNeed(request)
  if (machine.topology === 'discrete') return onItsOwnMemory(need, facts)
  return facts === null || need === null
    ? shareAlone(settings, machine.memTotalBytes)
    : ofModel(request, facts, need, settings)
}

/** The share is known even where the model is not. */
function shareAlone(settings: VllmSettings, totalBytes: number): Estimate {
  const requested = vllmRequested(totalBytes, settings.utilisation)
  const parts = [
    partOf(
      'weights-device',
      'Weights and cache together',
      exactly(requested),
      shareWords(settings, totalBytes)
    ),
    besidePart()
  ]
  return serverEstimate(
    parts,
    {
      confidence: 'rough',
      notes: ['The model could not be read, so whether it fits into this share is not known.'],
      bytesPerContextToken: null,
      activeWeightBytes: null
    },
    BESIDE
  )
}

function ofModel(
  { draft, machine }: EstimateRequest,
  facts: ModelFacts,
  need: VllmNeed,
  settings: VllmSettings
): Estimate {
  const { memTotalBytes, memAvailableBytes } = machine
  const requested = vllmRequested(memTotalBytes, settings.utilisation)
  const weights = vllmWeights(facts, settings)
  const beside = draftWeights(draft)
  const overhead = vllmOverhead(settings.batchedTokens)
  const pinned = settings.pinnedKvBytes
  const pool = Math.max(
    0,
    vllmKvPool({ ...settings, totalBytes: memTotalBytes, weightsBytes: need.weightsBytes })
  )
  // The share is exact, its parts are not: what one takes more another has less of. Only a pinned cache adds up.
  const isShare = pinned === null && pool > 0
  const parts: EstimatePart[] = [
    partOf(
      'weights-device',
      'Weights',
      isShare ? exactly(weights.expectedBytes) : weights,
      `${bytesInWords(weights.lowBytes)} to ${bytesInWords(weights.peakBytes)} by vLLM's logs, of ` +
        `${bytesInWords(fileBytesOf(facts))} in the files`
    ),
    partOf(
      'kv',
      'Cache',
      exactly(pinned ?? pool),
      pinned !== null ? 'Set in the profile' : poolWords(settings, memTotalBytes, requested)
    ),
    partOf(
      'compute-device',
      'Activations and graphs',
      isShare ? exactly(need.overheadBytes) : overhead,
      `${bytesInWords(overhead.lowBytes)} to ${bytesInWords(overhead.peakBytes)} by vLLM's logs with steps of ` +
        `${settings.batchedTokens} tokens`
    ),
    ...(draft === null
      ? []
      : [
          partOf(
            'draft',
            'Draft model',
            isShare ? exactly(beside.expectedBytes) : beside,
            'Its weights, beside those of the model'
          )
        ]),
    besidePart(),
    loadingPart(facts, settings, need)
  ]
  const isRough = settings.batchedTokens > LARGE_STEP_TOKENS || settings.hasDraft || !need.isCacheWhole
  return serverEstimate(
    parts,
    {
      confidence: isRough ? 'rough' : 'good',
      notes: vllmNotes(need, settings, { requested, poolBytes: pool, memAvailableBytes }),
      bytesPerContextToken: null,
      activeWeightBytes: activeWeights(facts)
    },
    BESIDE
  )
}

const shareWords = (settings: VllmSettings, totalBytes: number): string =>
  `${settings.utilisation} of all ${bytesInWords(totalBytes)}, whatever the model needs`

const poolWords = (settings: VllmSettings, totalBytes: number, requested: number): string =>
  `What is left of its share, ${bytesInWords(requested)} (${shareWords(settings, totalBytes)}); between two ` +
  'starts it differs by up to 2 GiB'

const besidePart = (): EstimatePart =>
  partOf(
    'context',
    'Beside its share',
    BESIDE,
    'Its processes, the tokenizer, shared memory and late CUDA graphs'
  )

/** What loading holds for a while beyond what it takes at work: the cache is only taken once the weights are there. */
function loadingPart(facts: ModelFacts, settings: VllmSettings, need: VllmNeed): EstimatePart {
  const original = loadedWeights(facts).expectedBytes / settings.ranks
  if (isPackedWhileLoading(facts, settings))
    return partOf(
      'load-transient',
      'While it loads',
      between(0, original / 2, original),
      `Weights are packed as ${settings.quantization} while they load: ${bytesInWords(original)} of the originals beside them`
    )
  if (settings.loadFormat === 'fastsafetensors')
    return partOf(
      'load-transient',
      'While it loads',
      between(0, need.weightsBytes / 2, need.weightsBytes),
      `fastsafetensors holds the model twice while it loads: ${bytesInWords(need.weightsBytes)} more`
    )
  return mappedFilesPart(facts)
}

/** A GPU with memory of its own: the share is of that, and Firebreak counts what the system lends. */
function onItsOwnMemory(need: VllmNeed | null, facts: ModelFacts | null): Estimate {
  const parts =
    need === null
      ? [besidePart()]
      : [
          partOf('weights-device', 'Weights', exactly(need.weightsBytes), 'Bytes of tensors in its files'),
          partOf(
            'kv',
            'Cache',
            between(0, need.cacheBytes, need.cacheBytes),
            'For one request of the longest context: the share is of memory that the GPU has for itself'
          ),
          partOf('compute-device', 'Activations and graphs', exactly(need.overheadBytes), "By vLLM's logs"),
          besidePart()
        ]
  return serverEstimate(
    parts,
    {
      confidence: need === null ? 'unknown' : 'rough',
      notes: ['It takes its share of the memory of the GPU, which this machine does not share.'],
      bytesPerContextToken: need?.kvBytesPerToken ?? null,
      activeWeightBytes: activeWeights(facts)
    },
    BESIDE
  )
}

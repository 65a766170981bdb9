import type { Estimate, EstimatePart } from '../../model/estimate.ts'
import type { ModelFacts } from '../../model/model-facts.ts'
import type { FieldProfile } from '../../model/runner.ts'
import { flagSetting, listSetting, numberSetting, textSetting } from '../../model/specs/index.ts'
import { bytesInWords } from '../../util/bytes-in-words.ts'
import { hasOption, numberIn, optionIn } from './engine-options.ts'
import { between, exactly, partOf } from './part.ts'
import { mappedFilesPart, serverEstimate, type ServerNeed } from './pool-server.ts'
import {
  activeWeights,
  cacheElementBytes,
  configOf,
  fileBytesOf,
  kvCostOf,
  loadedWeights
} from './served-model.ts'
import type { EstimateRequest } from './types.ts'
import { unknownEstimate } from './unknown.ts'

const GIB = 1024 ** 3
/**
 * SGLang's own share where nobody chose: what its reserve of 512 MiB + 1.5 MiB per token of a step + 2 MiB per graph
 * leaves of a large GPU comes to about this (its server_args.py).
 */
const DEFAULT_FRACTION = 0.88
/** CUDA graphs 1.2 to 3.1 and those of prompts 0.3 to 0.8, by its logs on GB10. */
const GRAPHS = between(1.5 * GIB, 2.5 * GIB, 3.9 * GIB)
/** Beside pool and graphs: tables of requests, workspaces, host processes; with the graphs 2 to 4 by its logs. */
const BESIDE = between(0.5 * GIB, GIB, 2 * GIB)
const SHARE_DIGITS = 100

export interface SglangPoolInput {
  /** Of the machine before anything is loaded: psutil's 'available' on an integrated GPU. */
  readonly availableBeforeBytes: number
  readonly fraction: number
  readonly weightsBytes: number
}

/** pool = available after weights − available before · (1 − mem_fraction_static); 0 or less: it does not start. */
export const sglangPool = ({ availableBeforeBytes, fraction, weightsBytes }: SglangPoolInput): number =>
  availableBeforeBytes - weightsBytes - availableBeforeBytes * (1 - fraction)

/** What it needs against what it asks for. */
export interface SglangNeed extends ServerNeed {
  /** The share of what is free now that holds it, rounded up to a hundredth; above 1: there is not enough. */
  readonly fraction: number
}

interface SglangSettings {
  readonly fraction: number
  readonly contextTokens: number | null
  readonly cacheType: string
  readonly hasGraphs: boolean
}

const positive = (value: number | null): number | null => (value !== null && value > 0 ? value : null)

function settingsOf(profile: FieldProfile): SglangSettings {
  const args = listSetting(profile, 'extraArgs')
  return {
    fraction: Math.min(
      1,
      positive(numberIn(args, ['--mem-fraction-static']) ?? numberSetting(profile, 'memFractionStatic')) ??
        DEFAULT_FRACTION
    ),
    contextTokens: positive(numberIn(args, ['--context-length']) ?? numberSetting(profile, 'contextLength')),
    cacheType: optionIn(args, ['--kv-cache-dtype']) ?? textSetting(profile, 'kvCacheDtype'),
    hasGraphs: !hasOption(args, ['--disable-cuda-graph']) && !flagSetting(profile, 'disableCudaGraph')
  }
}

/** Weights + overhead + cache for one request of the longest context; null: nothing is known of the model. */
export function sglangNeed({ profile, facts, machine }: EstimateRequest): SglangNeed | null {
  if (facts === null || profile.kind === 'llamacpp') return null
  const settings = settingsOf(profile)
  const config = configOf(facts)
  const kv = kvCostOf(config, cacheElementBytes(settings.cacheType, config))
  const contextTokens = settings.contextTokens ?? config?.maxPositions ?? null
  const cacheBytes = kv === null ? 0 : kv.bytesPerToken * (contextTokens ?? 0) + kv.windowBytes
  const weightsBytes = loadedWeights(facts).expectedBytes
  const overheadBytes = (settings.hasGraphs ? GRAPHS.expectedBytes : 0) + BESIDE.expectedBytes
  const inFraction = weightsBytes + cacheBytes
  return {
    weightsBytes,
    overheadBytes,
    kvBytesPerToken: kv?.bytesPerToken ?? null,
    isCacheWhole: kv?.isWhole ?? false,
    cacheBytes,
    contextTokens,
    neededBytes: inFraction + overheadBytes,
    fraction: Math.ceil((inFraction / Math.max(1, machine.memAvailableBytes)) * SHARE_DIGITS) / SHARE_DIGITS
  }
}

/** SGLang: weights and cache are a share of what is free when it starts; graphs and tables come on top. */
export function estimateSglang(request: EstimateRequest): Estimate {
  const { profile, facts, machine } = request
  if (profile.kind === 'llamacpp') return unknownEstimate('This is no profile of SGLang.')
  const settings = settingsOf(profile)
  const available = machine.memAvailableBytes
  const share = settings.fraction * available
  const shareWords = `${settings.fraction} of the ${bytesInWords(available)} that are free now`
  const need = sglangNeed(request)
  const pool = sglangPool({
    availableBeforeBytes: available,
    fraction: settings.fraction,
    weightsBytes: need?.weightsBytes ?? 0
  })
  const parts: EstimatePart[] = [
    ...(need === null || facts === null
      ? [partOf('weights-device', 'Weights and cache together', exactly(share), shareWords)]
      : weightsAndPool(facts, need, pool, shareWords)),
    ...(settings.hasGraphs
      ? [
          partOf(
            'compute-device',
            'CUDA graphs',
            GRAPHS,
            "1.5 to 3.9 GiB by SGLang's logs on this kind of machine"
          )
        ]
      : []),
    partOf(
      'context',
      'Beside its share',
      BESIDE,
      'Tables of requests, workspaces, its processes and the tokenizer'
    )
  ]
  const isDiscrete = machine.topology === 'discrete'
  return serverEstimate(
    parts,
    {
      confidence: need === null || !need.isCacheWhole || isDiscrete ? 'rough' : 'good',
      notes: [
        ...notesOf(need, pool, share),
        ...(isDiscrete ? ['Its share is of the memory of the GPU, which this machine does not share.'] : [])
      ],
      bytesPerContextToken: null,
      activeWeightBytes: activeWeights(facts)
    },
    BESIDE
  )
}

/** Without room for a cache it loads its weights all the same, before it says so. */
function weightsAndPool(
  facts: ModelFacts,
  need: SglangNeed,
  pool: number,
  shareWords: string
): EstimatePart[] {
  const weights = loadedWeights(facts)
  return [
    partOf(
      'weights-device',
      'Weights',
      pool > 0 ? exactly(need.weightsBytes) : weights,
      `Of ${bytesInWords(fileBytesOf(facts))} in the files`
    ),
    partOf('kv', 'Cache', exactly(pool), `What the weights leave of its share: ${shareWords}`),
    mappedFilesPart(facts)
  ]
}

function notesOf(need: SglangNeed | null, pool: number, share: number): readonly string[] {
  if (need === null) return ['The model could not be read, so whether it fits into this share is not known.']
  const cache = need.contextTokens === null ? '' : ` for ${need.contextTokens} tokens`
  const needs =
    `It really needs ${bytesInWords(need.neededBytes)}: weights ${bytesInWords(need.weightsBytes)}, overhead ` +
    `${bytesInWords(need.overheadBytes)} and ${bytesInWords(need.cacheBytes)} of cache${cache}.`
  if (pool <= 0)
    return [
      needs,
      `Its share of ${bytesInWords(share)} leaves nothing for its cache: it will not start. ` +
        (need.fraction <= 1
          ? `A share of ${need.fraction} would hold it.`
          : 'No share of what is free would hold it.')
    ]
  return need.cacheBytes > pool
    ? [needs, `Its cache of ${bytesInWords(pool)} does not hold one request of the longest context.`]
    : [needs]
}

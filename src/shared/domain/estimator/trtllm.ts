import type { Estimate, EstimatePart } from '../../model/estimate.ts'
import type { FieldProfile } from '../../model/runner.ts'
import { listSetting, numberSetting, textSetting } from '../../model/specs/index.ts'
import { bytesInWords } from '../../util/bytes-in-words.ts'
import { numberIn } from './engine-options.ts'
import { between, partOf } from './part.ts'
import { mappedFilesPart, serverEstimate } from './pool-server.ts'
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
/** KvCacheConfig.free_gpu_memory_fraction where nobody chose. */
const DEFAULT_FRACTION = 0.9
/** Activations, workspaces and CUDA graphs: nothing is published for GB10, so this is as wide as vLLM's small steps. */
const WORKSPACE = between(1.4 * GIB, 3.2 * GIB, 6 * GIB)
/** Host processes, tokenizer, CUDA context. */
const BESIDE = between(0.5 * GIB, 1.5 * GIB, 3 * GIB)

/** Cache: a share of what is free once the model is loaded, not of everything. */
export const trtllmPool = (freeAfterLoadBytes: number, fraction: number): number =>
  Math.max(0, freeAfterLoadBytes) * fraction

/** TensorRT-LLM: weights, workspace, and a share of all that is free after them. */
export function estimateTrtllm({ profile, facts, machine }: EstimateRequest): Estimate {
  if (profile.kind === 'llamacpp') return unknownEstimate('This is no profile of TensorRT-LLM.')
  const fraction = fractionOf(profile)
  const available = machine.memAvailableBytes
  if (facts === null) return withoutModel(available, fraction)
  const weights = loadedWeights(facts)
  const free = available - weights.expectedBytes - WORKSPACE.expectedBytes
  // It asks the driver, for which pages of the files it has just read are not free: in the worst case all of them.
  const pool = between(
    trtllmPool(free - facts.largestFileBytes, fraction),
    trtllmPool(free, fraction),
    trtllmPool(free, fraction)
  )
  const config = configOf(facts)
  const kv = kvCostOf(config, cacheElementBytes('auto', config))
  const context = positive(numberSetting(profile, 'maxSeqLen')) ?? config?.maxPositions ?? null
  const cacheBytes = kv === null || context === null ? null : kv.bytesPerToken * context + kv.windowBytes
  const parts: EstimatePart[] = [
    partOf('weights-device', 'Weights', weights, `Of ${bytesInWords(fileBytesOf(facts))} in the files`),
    partOf(
      'kv',
      'Cache',
      pool,
      `${fraction} of the ${bytesInWords(Math.max(0, free))} that are free once the model is loaded`
    ),
    partOf(
      'compute-device',
      'Activations and graphs',
      WORKSPACE,
      'Not published for this kind of machine: a guess'
    ),
    besidePart(),
    mappedFilesPart(facts)
  ]
  return serverEstimate(
    parts,
    {
      confidence: 'rough',
      notes: [
        `It takes ${fraction} of what is free after loading, however much that is.`,
        ...(cacheBytes === null
          ? []
          : [
              `It really needs ${bytesInWords(weights.expectedBytes + WORKSPACE.expectedBytes + cacheBytes)}, with ` +
                `${bytesInWords(cacheBytes)} of cache for ${context} tokens.`
            ]),
        ...(textSetting(profile, 'optionsFile') === ''
          ? []
          : ['Its file of options is not read, and may say otherwise.']),
        ...(free <= 0 ? ['Its weights leave nothing for its cache: it will not start.'] : [])
      ],
      bytesPerContextToken: null,
      activeWeightBytes: activeWeights(facts)
    },
    BESIDE
  )
}

/** Whatever the weights are: they and the share of the rest lie between the share and everything. */
function withoutModel(available: number, fraction: number): Estimate {
  const parts = [
    partOf(
      'weights-device',
      'Weights and cache together',
      between(fraction * available, ((1 + fraction) / 2) * available, available),
      `The weights, and ${fraction} of what they leave of ${bytesInWords(available)}`
    ),
    besidePart()
  ]
  return serverEstimate(
    parts,
    {
      confidence: 'unknown',
      notes: ['The model could not be read, so how much of it is needed is not known.'],
      bytesPerContextToken: null,
      activeWeightBytes: null
    },
    BESIDE
  )
}

const besidePart = (): EstimatePart =>
  partOf('context', 'Beside its share', BESIDE, 'Its processes, the tokenizer and the CUDA context')

const positive = (value: number | null): number | null => (value !== null && value > 0 ? value : null)

function fractionOf(profile: FieldProfile): number {
  const said = numberIn(listSetting(profile, 'extraArgs'), [
    '--free-gpu-memory-fraction',
    '--kv-cache-free-gpu-memory-fraction'
  ])
  return Math.min(1, positive(said ?? numberSetting(profile, 'freeGpuMemoryFraction')) ?? DEFAULT_FRACTION)
}

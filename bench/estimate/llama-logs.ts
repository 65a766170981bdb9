import { estimateLlamaRun } from '../../src/shared/domain/estimator/llamacpp/estimate-run.ts'
import { LLAMA_DEFAULTS, type LlamaRun } from '../../src/shared/domain/estimator/llamacpp/run.ts'
import type { HparamValue } from '../../src/shared/model/model-facts.ts'
import { flagIn, MIB, numberIn, sizesIn } from './fields.ts'
import { fieldOf, textOf } from './rows.ts'
import { factsOf, machineOf, partBytes } from './llama-facts.ts'
import type { Pair } from './llama-simulated.ts'

/** One real log with what the product says of it; bytes. */
export interface LogCase {
  readonly quality: string
  readonly architecture: string
  readonly model: string
  readonly isUnknown: boolean
  readonly cache: (Pair & { readonly isExact: boolean }) | null
  readonly weights: Pair | null
  readonly compute: Pair | null
  readonly total: Pair | null
}

/** A log prints hundredths of a MiB. */
const ROUNDING_MIB = 0.005
/** A buffer of the host's; everything else is a device's. */
const HOST_BUFFER = /^(CPU|AMX)|_Host$/
const sum = (sizes: ReadonlyMap<string, number> | null): number =>
  [...(sizes?.values() ?? [])].reduce((total, size) => total + size, 0)

/** Null: it lacks what an estimate is made from. */
export function logCase(row: unknown): LogCase | null {
  const architecture = textOf(row, 'arch')
  const tokens = numberIn(row, 'n_ctx')
  const hparams = architecture === null ? null : hparamsOf(row, architecture)
  if (architecture === null || hparams === null || tokens === null) return null
  const place = placeOf(row)
  const fileBytes = numberIn(row, 'file_size_bytes')
  const totalBytes = fileBytes ?? 0
  const isTied = place.isTied(totalBytes / MIB)
  const tokenEmbeddingBytes = place.hasDevice ? place.hostMiB * MIB : 0
  const facts = factsOf(architecture, hparams, numberIn(row, 'n_vocab') ?? 0, {
    totalBytes,
    tokenEmbeddingBytes: Math.min(totalBytes, tokenEmbeddingBytes),
    isTied
  })
  const machine = machineOf(place.hasDevice)
  const estimate = estimateLlamaRun({ facts, run: runOf(row, tokens), machine, draft: null })
  const weightsEstimated = partBytes(estimate, ['weights-device', 'weights-host'])
  const computeEstimated = partBytes(estimate, ['compute-device', 'compute-host'])
  // Half of the logs of recurrent models do not say their states: then the cache alone is judged.
  const hasStates = sizesIn(row, 'rs_buffers') !== null
  const cacheEstimated = partBytes(estimate, hasStates ? ['kv', 'recurrent'] : ['kv'])
  const cache = cacheOf(row, cacheEstimated)
  const isWhole = place.isWhole && fileBytes !== null && !leavesLayersOut(architecture)
  const truth = Math.min(place.weightsMiB * MIB, totalBytes) + (isTied ? place.hostMiB * MIB : 0)
  const weights = isWhole ? { truth, estimated: weightsEstimated } : null
  const computeTruth = sum(sizesIn(row, 'compute_buffers')) * MIB
  const compute = isWhole && computeTruth > 0 ? { truth: computeTruth, estimated: computeEstimated } : null
  return {
    quality: textOf(row, 'quality') ?? 'unknown',
    architecture,
    model: textOf(row, 'model') ?? architecture,
    isUnknown: estimate.confidence === 'unknown',
    cache,
    weights,
    compute,
    total:
      weights === null || compute === null || cache === null
        ? null
        : {
            truth: weights.truth + compute.truth + cache.truth,
            estimated: weights.estimated + compute.estimated + cache.estimated
          }
  }
}

/**
 * Published models of it all have a layer for guessing ahead. Its weights are not loaded, and how large they are is
 * not in a row.
 */
const leavesLayersOut = (architecture: string): boolean => architecture === 'glm4moe'

interface Place {
  readonly hasDevice: boolean
  readonly hostMiB: number
  readonly weightsMiB: number
  /** One device, or the host, holds every layer, and nothing is overridden. */
  readonly isWhole: boolean
  readonly isTied: (fileMiB: number) => boolean
}

/** Of a whole model, what may stay on the host: the token embedding. */
const MOST_ON_HOST = 0.2
/** Sizes that agree within this share are the same. */
const SAME = 0.005

function placeOf(row: unknown): Place {
  const buffers = [...(sizesIn(row, 'model_buffers') ?? [])]
  const devices = buffers.filter(([name]) => !HOST_BUFFER.test(name))
  const hostMiB = buffers
    .filter(([name]) => HOST_BUFFER.test(name))
    .reduce((total, [, size]) => total + size, 0)
  const weightsMiB = buffers.reduce((total, [, size]) => total + size, 0)
  const [offloaded, layers] = (textOf(row, 'ngl') ?? '').split('/')
  const isOverridden = (numberIn(row, 'tensor_overrides') ?? 0) > 0
  const computesOnDevice = [...(sizesIn(row, 'compute_buffers')?.keys() ?? [])].some(
    (name) => !HOST_BUFFER.test(name)
  )
  const onHost =
    devices.length === 0 && buffers.length > 0 && !computesOnDevice && (offloaded ?? '0') in { '': 0, '0': 0 }
  const onDevice =
    devices.length === 1 &&
    !/split/i.test(devices[0]?.[0] ?? '') &&
    offloaded !== undefined &&
    offloaded === layers &&
    hostMiB < weightsMiB * MOST_ON_HOST
  return {
    hasDevice: devices.length > 0 || computesOnDevice,
    hostMiB,
    weightsMiB,
    isWhole: !isOverridden && (onHost || onDevice),
    // The output is the token embedding again; a mapped file is counted as a whole and shows nothing.
    isTied: (fileMiB) =>
      onDevice &&
      !/mapped/i.test(devices[0]?.[0] ?? '') &&
      Math.abs(weightsMiB - hostMiB - fileMiB) < fileMiB * SAME
  }
}

function cacheOf(row: unknown, estimated: number): LogCase['cache'] {
  const buffers = sizesIn(row, 'kv_buffers')
  const printed = numberIn(row, 'kv_total_MiB')
  const states = sizesIn(row, 'rs_buffers')
  if (buffers === null && printed === null) return null
  const within = (truthMiB: number, figures: number): boolean =>
    Math.abs(estimated / MIB - truthMiB) <= ROUNDING_MIB * figures + 1e-6
  const stateMiB = sum(states)
  const statesPrinted = states?.size ?? 0
  const bufferMiB = sum(buffers) + stateMiB
  const printedMiB = (printed ?? 0) + stateMiB
  const isExact =
    (buffers !== null && within(bufferMiB, buffers.size + statesPrinted)) ||
    (printed !== null && within(printedMiB, 1 + statesPrinted))
  return { truth: (printed === null ? bufferMiB : printedMiB) * MIB, estimated, isExact }
}

/** ik_llama.cpp, and llama.cpp of before 2025-02: all layers keep every token, those for guessing ahead too. */
const isFork = (row: unknown): boolean => /ik_llama/.test(textOf(row, 'runner') ?? '')

function runOf(row: unknown, tokens: number): LlamaRun {
  const perSlot = numberIn(row, 'n_ctx_seq')
  const slots = numberIn(row, 'n_seq_max') ?? numberIn(row, 'parallel') ?? 1
  return {
    ...LLAMA_DEFAULTS,
    contextTokens: tokens,
    slots,
    isUnified: flagIn(row, 'kv_unified') ?? (perSlot === null || perSlot === tokens),
    batch: numberIn(row, 'n_batch') ?? LLAMA_DEFAULTS.batch,
    ubatch: numberIn(row, 'n_ubatch') ?? LLAMA_DEFAULTS.ubatch,
    typeK: textOf(row, 'type_k') ?? LLAMA_DEFAULTS.typeK,
    typeV: textOf(row, 'type_v') ?? LLAMA_DEFAULTS.typeV,
    flashAttention: flagIn(row, 'flash_attn') ?? true,
    keepsFullWindow: isFork(row),
    build: numberIn(row, 'n_outputs_max') === null ? 'before-june-2026' : 'current'
  }
}

/** A value for each layer stands there as a list. */
function valueIn(row: unknown, key: string): HparamValue | null {
  const value = fieldOf(row, key)
  if (typeof value === 'number') return value
  return Array.isArray(value) && value.every((item) => typeof item === 'number') ? value : null
}

const KEYS: readonly (readonly [field: string, key: string])[] = [
  ['n_layer', 'block_count'],
  ['n_embd', 'embedding_length'],
  ['n_head', 'attention.head_count'],
  ['n_head_kv', 'attention.head_count_kv'],
  ['n_embd_head_k', 'attention.key_length'],
  ['n_embd_head_v', 'attention.value_length'],
  ['n_ff', 'feed_forward_length'],
  ['n_expert', 'expert_count'],
  ['n_expert_used', 'expert_used_count'],
  ['n_swa', 'attention.sliding_window'],
  ['n_ctx_train', 'context_length'],
  ['ssm_d_conv', 'ssm.conv_kernel'],
  ['ssm_d_inner', 'ssm.inner_size'],
  ['ssm_d_state', 'ssm.state_size'],
  ['ssm_dt_rank', 'ssm.time_step_rank'],
  ['ssm_n_group', 'ssm.group_count']
]
/**
 * Headers say how wide an expert is; these logs do not. Models are made so that the experts in use are together about
 * as wide as a dense layer. In 'llama' a layer's width is an expert's.
 */
const hasExpertWidth = (architecture: string): boolean => architecture !== 'llama'

const NEEDED = ['n_layer', 'n_embd', 'n_head', 'n_head_kv', 'n_embd_head_k', 'n_embd_head_v'] as const

function hparamsOf(row: unknown, architecture: string): Readonly<Record<string, HparamValue>> | null {
  if (NEEDED.some((field) => valueIn(row, field) === null)) return null
  const hparams: Record<string, HparamValue> = {}
  for (const [field, key] of KEYS) {
    const value = valueIn(row, field)
    if (value !== null) hparams[key] = value
  }
  const used = numberIn(row, 'n_expert_used') ?? 0
  const feedForward = numberIn(row, 'n_ff')
  if (used > 0 && feedForward !== null && hasExpertWidth(architecture)) {
    hparams['expert_feed_forward_length'] = feedForward / used
  }
  if (leavesLayersOut(architecture) && !isFork(row)) hparams['nextn_predict_layers'] = 1
  const rank = numberIn(row, 'n_lora_kv') ?? 0
  const keys = numberIn(row, 'n_embd_head_k') ?? 0
  const values = numberIn(row, 'n_embd_head_v') ?? 0
  const way = Number(textOf(row, 'mla_attn') ?? 0)
  if (rank > 0 && (way > 0 || textOf(row, 'type_v') === null)) {
    // The log prints widths before compression: what K has beyond V is its rotary part, kept beside the rank.
    hparams['attention.kv_lora_rank'] = rank
    hparams['attention.key_length'] = rank + keys - values
    hparams['attention.value_length'] = rank
    hparams['attention.head_count_kv'] = 1
    // The fork's first way keeps V beside K, transposed, where there is no flash attention.
    if (way !== 1 || flagIn(row, 'flash_attn') === true) {
      hparams['attention.key_length_mla'] = keys
      hparams['attention.value_length_mla'] = values
    }
  }
  return hparams
}

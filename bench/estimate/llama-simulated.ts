import { estimateLlamaRun } from '../../src/shared/domain/estimator/llamacpp/estimate-run.ts'
import { LLAMA_DEFAULTS, type LlamaRun } from '../../src/shared/domain/estimator/llamacpp/run.ts'
import type { HparamValue } from '../../src/shared/model/model-facts.ts'
import { flagIn, numberIn } from './fields.ts'
import { fieldOf, textOf } from './rows.ts'
import { factsOf, machineOf, partBytes } from './llama-facts.ts'

/** One row of llama.cpp's planner with what the product says of it; bytes. */
export interface SimulatedCase {
  readonly shape: string
  readonly architecture: string
  readonly hparams: Readonly<Record<string, HparamValue>>
  readonly run: LlamaRun
  readonly isUnknown: boolean
  readonly context: Pair | null
  readonly compute: (Pair & { readonly withSafety: number }) | null
  readonly hostCompute: Pair | null
}

export interface Pair {
  readonly truth: number
  readonly estimated: number
}

const SHAPE_KEYS = ['block_count', 'embedding_length', 'attention.head_count'] as const

/** Null: it lacks what an estimate is made from. */
export function simulatedCase(row: unknown): SimulatedCase | null {
  const architecture = textOf(row, 'arch')
  const given = fieldOf(row, 'gguf_hparams')
  const tokens = numberIn(row, 'n_ctx')
  const ubatch = numberIn(row, 'n_ubatch')
  if (architecture === null || typeof given !== 'object' || given === null || tokens === null) return null
  const hparams = given as Readonly<Record<string, HparamValue>>
  if (ubatch === null || SHAPE_KEYS.some((key) => hparams[key] === undefined)) return null
  const outputs = fieldOf(row, 'n_outputs_max')
  const run: LlamaRun = {
    ...LLAMA_DEFAULTS,
    contextTokens: tokens,
    slots: numberIn(row, 'n_seq_max') ?? 1,
    isUnified: flagIn(row, 'kv_unified') ?? false,
    batch: numberIn(row, 'n_batch') ?? LLAMA_DEFAULTS.batch,
    ubatch,
    typeK: textOf(row, 'type_k') ?? LLAMA_DEFAULTS.typeK,
    typeV: textOf(row, 'type_v') ?? LLAMA_DEFAULTS.typeV,
    flashAttention: flagIn(row, 'flash_attn') ?? true,
    keepsFullWindow: flagIn(row, 'swa_full') ?? false,
    // Said to be null where no limit was set: every token has an output.
    isEmbedding: outputs === null
  }
  const vocabulary = hparams['vocab_size']
  const none = { totalBytes: 0, tokenEmbeddingBytes: 0, isTied: false }
  const facts = factsOf(architecture, hparams, typeof vocabulary === 'number' ? vocabulary : 0, none)
  const estimate = estimateLlamaRun({ facts, run, machine: machineOf(true), draft: null })
  const pair = (key: string, estimated: number): Pair | null => {
    const truth = numberIn(row, key)
    return truth === null || truth <= 0 ? null : { truth, estimated }
  }
  const compute = pair('compute_bytes', partBytes(estimate, ['compute-device']))
  return {
    shape: textOf(row, 'model_shape') ?? architecture,
    architecture,
    hparams,
    run,
    isUnknown: estimate.confidence === 'unknown',
    context: pair('context_bytes', partBytes(estimate, ['kv', 'recurrent'])),
    compute:
      compute === null
        ? null
        : { ...compute, withSafety: partBytes(estimate, ['compute-device'], 'peakBytes') },
    hostCompute: pair('host_compute_bytes', partBytes(estimate, ['compute-host']))
  }
}

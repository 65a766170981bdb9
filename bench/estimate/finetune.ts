import {
  ALL_LINEAR,
  ATTENTION_ONLY,
  finetunePeakAlloc,
  loraParameters,
  type TrainingMethod,
  type TrainingShape
} from '../../src/shared/domain/estimator/finetune-formula.ts'
import { lossKindOf } from '../../src/shared/domain/estimator/finetune-settings.ts'
import { round } from '../harness.ts'
import type { Judged } from './judged.ts'
import { figure, fieldOf, median, percentile, sizeOf, textOf } from './rows.ts'

const GIB = 1024 ** 3
const P95 = 0.95
/** Too low by more than this counts as an under-estimate. */
const UNDER_PERCENT = 2

interface Measured {
  readonly method: string
  readonly errorPercent: number
}

/** torch.cuda.max_memory_allocated of a training, against the product's formula; only where its shape is known. */
export function judgeFinetune(rows: readonly unknown[]): Judged {
  const results = rows.map(judge)
  const judged = results.filter((result): result is Measured => typeof result === 'object')
  const errors = judged.map(({ errorPercent }) => Math.abs(errorPercent))
  return {
    figures: {
      finetune_rows: judged.length,
      finetune_median_percent: figure(median(errors), 2),
      finetune_p95_percent: figure(percentile(errors, P95), 2)
    },
    rows: [...new Set(judged.map(({ method }) => method))].map((method) => classRow(method, judged)),
    notJudged: results.filter((result) => result === 'not-judged').length,
    unknown: results.filter((result) => result === 'unknown').length
  }
}

function judge(row: unknown): Measured | 'not-judged' | 'unknown' {
  const shape = shapeOf(fieldOf(row, 'model_hparams'))
  const truth = sizeOf(row, 'peak_alloc_GiB')
  const [batch, sequence] = [sizeOf(row, 'batch'), sizeOf(row, 'seq_len')]
  const name = textOf(row, 'method')
  const hasCheckpointing = fieldOf(row, 'grad_checkpointing')
  const precision = textOf(row, 'precision')
  if (shape === null || truth === null || batch === null || sequence === null || name === null)
    return 'not-judged'
  if (typeof hasCheckpointing !== 'boolean' || precision === null) return 'not-judged'
  const method = methodOf(name, precision)
  if (method === null) return 'unknown'
  const framework = textOf(row, 'framework_config') ?? ''
  const targets = /gate|up_proj|down|fc|mlp|all/.test(textOf(row, 'lora_targets') ?? '')
    ? ALL_LINEAR
    : ATTENTION_ONLY
  const { peakBytes } = finetunePeakAlloc({
    ...shape,
    method,
    trainable: loraParameters(shape, sizeOf(row, 'lora_r') ?? 0, targets),
    tokens: batch * sequence,
    hasCheckpointing,
    loss: lossKindOf(framework),
    // Only plain PEFT with bitsandbytes casts what it does not quantise to 32 bits; accelerated ones do not.
    isUpcast: /baseline-peft/.test(framework)
  })
  return { method: name, errorPercent: (100 * (peakBytes / GIB - truth)) / truth }
}

function shapeOf(value: unknown): TrainingShape | null {
  const [parameters, layers, hidden] = [sizeOf(value, 'P'), sizeOf(value, 'L'), sizeOf(value, 'H')]
  const [intermediate, vocabulary] = [sizeOf(value, 'F'), sizeOf(value, 'V')]
  if (
    parameters === null ||
    layers === null ||
    hidden === null ||
    intermediate === null ||
    vocabulary === null
  )
    return null
  return { parameters, layers, hidden, intermediate, vocabulary }
}

function methodOf(name: string, precision: string): TrainingMethod | null {
  if (name.startsWith('qlora')) return 'qlora'
  if (name.startsWith('lora')) return 'lora'
  if (!name.startsWith('full')) return null
  return precision.startsWith('pure') ? 'full' : 'full-mixed'
}

function classRow(method: string, judged: readonly Measured[]) {
  const errors = judged.filter((one) => one.method === method).map(({ errorPercent }) => errorPercent)
  const sizes = errors.map(Math.abs)
  return {
    file: 'finetune-measured',
    case: method,
    rows: errors.length,
    median_percent: figure(median(sizes), 2),
    p95_percent: figure(percentile(sizes, P95), 2),
    max_percent: round(Math.max(...sizes), 2),
    under_2_percent_count: errors.filter((error) => error < -UNDER_PERCENT).length
  }
}

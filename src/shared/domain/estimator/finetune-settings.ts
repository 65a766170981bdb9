import type { FieldProfile } from '../../model/runner.ts'
import { listSetting, textSetting } from '../../model/specs/index.ts'
import { hasOption, numberIn, optionIn } from './engine-options.ts'
import {
  ALL_LINEAR,
  ATTENTION_ONLY,
  type LoraTargets,
  type LossKind,
  type TrainingMethod
} from './finetune-formula.ts'

/** What a profile says about its training, with what is assumed where it says nothing. */
export interface TrainingSettings {
  /** Null: neither its script's name nor its arguments say. */
  readonly method: TrainingMethod | null
  readonly batch: number
  /** Longest row, in tokens. */
  readonly sequence: number
  /** Of a usual row; shorter where rows are not packed. */
  readonly usualSequence: number
  /** Longest row that its data are known to have. */
  readonly longestSequence: number
  readonly rank: number
  readonly targets: LoraTargets
  readonly hasCheckpointing: boolean
  readonly loss: LossKind
  readonly isUpcast: boolean
  /** All 16 bits are said: no masters in 32 bits. */
  readonly isPureBf16: boolean
  /** What was not said, in words. */
  readonly assumed: readonly string[]
}

/** TrainingArguments.per_device_train_batch_size, SFTConfig.max_length and LoraConfig.r where nobody chose. */
const DEFAULT_BATCH = 8
const DEFAULT_SEQUENCE = 1024
const DEFAULT_RANK = 8
/** Rows of Alpaca as NVIDIA's recipes put them together: padded to the longest of a batch, not packed. A judgement. */
const ALPACA_USUAL_TOKENS = 300
const ALPACA_LONGEST_TOKENS = 1024

/** Defaults of NVIDIA's scripts for this machine (dgx-spark-playbooks, nvidia/pytorch-fine-tune); all on Alpaca. */
interface Recipe {
  readonly script: RegExp
  readonly method: TrainingMethod
  readonly batch: number
  readonly hasCheckpointing: boolean
}
const RECIPE_SEQUENCE = 2048
const RECIPES: readonly Recipe[] = [
  { script: /Llama3_3B_full_finetuning\.py/i, method: 'full', batch: 8, hasCheckpointing: false },
  { script: /Llama3_8B_LoRA_finetuning\.py/i, method: 'lora', batch: 4, hasCheckpointing: false },
  { script: /Llama3_70B_qLoRA_finetuning\.py/i, method: 'qlora', batch: 8, hasCheckpointing: false },
  { script: /Llama3_70B_LoRA_finetuning\.py/i, method: 'lora', batch: 4, hasCheckpointing: true }
]

const BATCH = [
  '--per_device_train_batch_size',
  '--train_batch_size',
  '--micro_batch_size',
  '--batch_size',
  '--batch-size'
]
const SEQUENCE = [
  '--max_seq_length',
  '--max_seq_len',
  '--max_length',
  '--seq_length',
  '--seq_len',
  '--cutoff_len',
  '--block_size',
  '--sequence_len'
]
const RANK = ['--lora_rank', '--lora_r', '--lora-rank', '--network_dim', '--rank', '--r']
const TARGETS = ['--lora_target_modules', '--target_modules', '--lora_target']
const OPTIMIZER = ['--optim', '--optimizer', '--optimizer_type', '--optimizer_name']
const NO = /^(?:false|no|0|none)$/i

/** The script and its arguments, one word each; what a shell line installs is not what it trains. */
export function trainingWords(profile: FieldProfile): readonly string[] {
  const words = [textSetting(profile, 'script'), ...listSetting(profile, 'extraArgs')]
  return words.filter((word) => !/\bpip3? install\b/.test(word)).flatMap((word) => word.split(/\s+/))
}

export function trainingSettings(profile: FieldProfile): TrainingSettings {
  const words = trainingWords(profile)
  const recipe = RECIPES.find(({ script }) => words.some((word) => script.test(word))) ?? null
  const batch = positive(numberIn(words, BATCH))
  const sequence = positive(numberIn(words, SEQUENCE))
  const said = sequence ?? (recipe === null ? DEFAULT_SEQUENCE : RECIPE_SEQUENCE)
  const method = methodOf(words) ?? recipe?.method ?? null
  const targets = optionIn(words, TARGETS)
  return {
    method,
    batch: batch ?? recipe?.batch ?? DEFAULT_BATCH,
    sequence: said,
    usualSequence: recipe === null ? said : Math.min(said, ALPACA_USUAL_TOKENS),
    longestSequence: recipe === null ? said : Math.min(said, ALPACA_LONGEST_TOKENS),
    rank: positive(numberIn(words, RANK)) ?? DEFAULT_RANK,
    targets:
      targets !== null && !/all|gate|up_proj|down|mlp|ffn|w1|fc/i.test(targets) ? ATTENTION_ONLY : ALL_LINEAR,
    hasCheckpointing:
      isOn(words, ['--gradient_checkpointing', '--activation_checkpointing']) ??
      recipe?.hasCheckpointing ??
      false,
    loss: lossKindOf(words.join(' ')),
    isUpcast: method === 'qlora',
    isPureBf16:
      recipe !== null || words.some((word) => /pure_bf16|^(?:--(?:torch_)?dtype=)?bfloat16$/i.test(word)),
    assumed: recipe !== null ? [] : assumptions(method, batch, sequence)
  }
}

function assumptions(method: TrainingMethod | null, batch: number | null, sequence: number | null): string[] {
  return [
    ...(method === null
      ? ['Neither its script nor its arguments say whether all weights are trained or adapters.']
      : []),
    ...(batch === null
      ? [`No batch size is given: ${DEFAULT_BATCH}, as Hugging Face takes it, is assumed.`]
      : []),
    ...(sequence === null ? [`No length of rows is given: ${DEFAULT_SEQUENCE} tokens are assumed.`] : [])
  ]
}

const positive = (value: number | null): number | null => (value !== null && value > 0 ? value : null)

/** By the names that trainers use; the most particular first. */
function methodOf(words: readonly string[]): TrainingMethod | null {
  const all = words.join(' ')
  if (/qlora|4[-_]?bit(?! ?=? ?false)|nf4|quantization_bit[ =]4|gptq|bnb-4/i.test(all)) return 'qlora'
  if (/(?:^|[^a-z])lora|network_dim|finetuning_type[ =]lora/i.test(all)) return 'lora'
  if (!/full|sft|finetun|fine_tun|pretrain/i.test(all)) return null
  const optimizer = optionIn(words, OPTIMIZER) ?? ''
  if (/8bit/i.test(optimizer)) return 'full-8bit'
  return /full/i.test(all) ? 'full' : null
}

/** By the names that trainers and their kernels have. */
export function lossKindOf(words: string): LossKind {
  if (/liger|cut[-_]cross[-_]entropy|chunked/i.test(words)) return 'chunked'
  return /unsloth|fused[-_]cross|fast[-_]kernels|foak/i.test(words) ? 'fused' : 'plain'
}

/** A flag with or without a value; null: not said. */
function isOn(words: readonly string[], names: readonly string[]): boolean | null {
  if (!hasOption(words, names)) return null
  return !NO.test(optionIn(words, names) ?? '')
}

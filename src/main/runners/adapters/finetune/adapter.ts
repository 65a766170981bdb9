import { basename } from 'node:path'
import { FINETUNE_SPEC } from '../../../../shared/model/specs/finetune.ts'
import type { Recognised, RunnerAdapter } from '../../supervisor/adapter.ts'
import { programOf } from '../common/command-line.ts'
import { findProgram } from '../common/find-program.ts'
import { optionValue } from '../common/port.ts'
import { explainTrainingExit } from './explain-exit.ts'
import { planFineTune } from './plan.ts'

/** Programs and modules that do nothing but train, with the word that makes them do it. */
const TRAINERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['axolotl', ['train']],
  ['tune', ['run']],
  ['llamafactory-cli', ['train']],
  ['trl', ['sft', 'dpo', 'grpo', 'kto', 'reward', 'rloo']],
  ['autotrain', ['llm']]
])
const TRAINING_MODULES: ReadonlySet<string> = new Set([
  'axolotl.cli.train',
  'llamafactory.train',
  'unsloth.cli'
])
/** Launchers; what they launch decides. */
const LAUNCHERS: ReadonlySet<string> = new Set(['torchrun', 'accelerate', 'deepspeed'])
const LAUNCHER_MODULES: ReadonlySet<string> = new Set([
  'torch.distributed.run',
  'torch.distributed.launch',
  'accelerate.commands.launch'
])
/** 'train_dreambooth_lora_flux.py', 'Llama3_8B_LoRA_finetuning.py', 'run_sft.py'. */
const SCRIPT =
  /(?:^|[_-])(?:train|training|trainer|finetune|finetuning|fine[_-]tune|pretrain|sft|dpo|grpo|lora|qlora|dreambooth)(?:[_-][\w.-]*)?\.py$/i
const MODEL_OPTIONS = [
  '--model_name_or_path',
  '--pretrained_model_name_or_path',
  '--model_name',
  '--model-name',
  '--base_model',
  '--model'
]

/** A training job: it listens nowhere, and is told by its log how it goes. */
export const fineTuneAdapter: RunnerAdapter = {
  kind: FINETUNE_SPEC.kind,
  defaultPort: FINETUNE_SPEC.defaultPort,
  plan: planFineTune,
  async installed({ env }) {
    const found = await findProgram('', ['python3'], env)
    return found.ok ? { path: found.value, problem: null } : { path: null, problem: found.error.message }
  },
  addressOf: () => null,
  // There is nobody to ask: it works from its first moment on, and its log says the rest.
  probe: async () => 'ready',
  prove: async () => ({ works: true, text: 'It runs; its steps are in its log.' }),
  activity: async () => ({
    busy: true,
    requestsRunning: 'not-supported',
    requestsWaiting: 'not-supported',
    tokensPerS: 'not-supported'
  }),
  recognise,
  explainExit: explainTrainingExit,
  loadedShare: () => null,
  // Pausing keeps every byte, and a trainer has no way to give memory back but to end.
  free: null,
  models: null,
  setUp: [
    {
      text: "NVIDIA's image of PyTorch for this machine has what the playbooks' scripts need.",
      command: ['docker', 'pull', FINETUNE_SPEC.image ?? ''],
      needsRoot: false
    },
    {
      text:
        "Or without a container, in the working folder: 'python3 -m venv .venv', then " +
        "'.venv/bin/pip install torch --index-url https://download.pytorch.org/whl/cu130' and " +
        "'.venv/bin/pip install transformers peft datasets trl bitsandbytes'.",
      command: null,
      needsRoot: false
    }
  ]
}

function recognise(commandLine: readonly string[]): Recognised | null {
  const program = programOf(commandLine)
  if (program === null) return null
  const { name, module, args } = program
  const isTrainer =
    TRAINING_MODULES.has(module ?? '') ||
    (TRAINERS.get(name ?? '')?.includes(args[0] ?? '') ?? false) ||
    SCRIPT.test(name ?? '')
  const isLaunched =
    (LAUNCHERS.has(name ?? '') || LAUNCHER_MODULES.has(module ?? '')) &&
    args.some((item) => SCRIPT.test(basename(item)))
  if (!isTrainer && !isLaunched) return null
  return { model: optionValue(args, MODEL_OPTIONS), port: null, url: null }
}

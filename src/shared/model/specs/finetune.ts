import type { RunnerSpec } from '../runner-spec.ts'
import { EXTRA_ARGS_FIELD, PORT_FIELD } from './common-fields.ts'

export const FINETUNE_SPEC: RunnerSpec = {
  kind: 'finetune',
  name: 'Fine-tuning job',
  summary: 'Runs a training script and follows its progress.',
  way: 'process',
  model: { form: 'repository', label: 'Base model', placeholder: 'meta-llama/Llama-3.1-8B' },
  defaultPort: 0,
  image: 'nvcr.io/nvidia/pytorch:25.11-py3',
  fields: [PORT_FIELD, EXTRA_ARGS_FIELD]
}

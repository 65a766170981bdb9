import type { RunnerSpec } from '../runner-spec.ts'
import { EXTRA_ARGS_FIELD, PORT_FIELD } from './common-fields.ts'

export const SGLANG_SPEC: RunnerSpec = {
  kind: 'sglang',
  name: 'SGLang',
  summary: 'Serves a Hugging Face model with a shared prefix cache.',
  way: 'process',
  model: { form: 'repository', label: 'Model', placeholder: 'openai/gpt-oss-20b' },
  defaultPort: 30000,
  image: 'lmsysorg/sglang:latest-cu130',
  fields: [PORT_FIELD, EXTRA_ARGS_FIELD]
}

import type { RunnerSpec } from '../runner-spec.ts'
import { EXTRA_ARGS_FIELD, PORT_FIELD } from './common-fields.ts'

export const VLLM_SPEC: RunnerSpec = {
  kind: 'vllm',
  name: 'vLLM',
  summary: 'Serves a Hugging Face model to many at once.',
  way: 'process',
  model: { form: 'repository', label: 'Model', placeholder: 'openai/gpt-oss-120b' },
  defaultPort: 8000,
  image: 'nvcr.io/nvidia/vllm:26.05.post1-py3',
  fields: [PORT_FIELD, EXTRA_ARGS_FIELD]
}

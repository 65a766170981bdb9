import type { RunnerSpec } from '../runner-spec.ts'
import { EXTRA_ARGS_FIELD, PORT_FIELD } from './common-fields.ts'

export const TRTLLM_SPEC: RunnerSpec = {
  kind: 'trtllm',
  name: 'TensorRT-LLM',
  summary: 'Serves a model compiled for this GPU, with trtllm-serve.',
  way: 'process',
  model: { form: 'repository', label: 'Model', placeholder: 'openai/gpt-oss-120b' },
  defaultPort: 8000,
  image: 'nvcr.io/nvidia/tensorrt-llm/release:1.3.0rc13',
  fields: [PORT_FIELD, EXTRA_ARGS_FIELD]
}

import type { RunnerSpec } from '../runner-spec.ts'
import { BINARY_FIELD, EXTRA_ARGS_FIELD, PORT_FIELD } from './common-fields.ts'
import {
  contextField,
  REMOTE_CODE_FIELD,
  REQUESTS_OF_BIG_SERVERS,
  requestsField,
  stepTokensField,
  VARIABLES_FIELD
} from './inference-fields.ts'

export const TRTLLM_SPEC: RunnerSpec = {
  kind: 'trtllm',
  name: 'TensorRT-LLM',
  summary: 'Serves a model compiled for this GPU, with trtllm-serve.',
  way: 'process',
  model: { form: 'repository', label: 'Model', placeholder: 'openai/gpt-oss-120b' },
  defaultPort: 8000,
  image: 'nvcr.io/nvidia/tensorrt-llm/release:1.3.0rc13',
  fields: [
    {
      key: 'freeGpuMemoryFraction',
      type: 'number',
      label: 'Share of free memory for the cache',
      help:
        'Of what is free once the model is loaded, this share becomes its cache; ' +
        'on this machine the desktop lives in the rest.',
      // Its own 0.9 leaves a desktop a tenth of what is free.
      default: 0.5,
      min: 0.05,
      max: 0.95,
      advanced: false
    },
    contextField('maxSeqLen'),
    { ...requestsField('maxBatchSize'), default: 8, help: REQUESTS_OF_BIG_SERVERS },
    stepTokensField('maxNumTokens'),
    {
      key: 'backend',
      type: 'choice',
      label: 'Engine',
      help: 'PyTorch takes models as they are; TensorRT wants one that was compiled before.',
      default: '',
      options: [
        { value: '', label: 'Its own choice' },
        { value: 'pytorch', label: 'PyTorch' },
        { value: 'tensorrt', label: 'TensorRT' }
      ],
      advanced: true
    },
    {
      key: 'optionsFile',
      type: 'text',
      label: 'File of options',
      help:
        'YAML with further options (--extra_llm_api_options), as it is seen where it runs. ' +
        "With 'enable_iter_perf_stats: true' in it, Firebreak shows what it does.",
      default: '',
      placeholder: '/home/you/trtllm.yaml',
      advanced: true
    },
    REMOTE_CODE_FIELD,
    BINARY_FIELD,
    PORT_FIELD,
    EXTRA_ARGS_FIELD,
    VARIABLES_FIELD
  ]
}

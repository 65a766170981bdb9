import type { RunnerSpec } from '../runner-spec.ts'
import { BINARY_FIELD, EXTRA_ARGS_FIELD, PORT_FIELD } from './common-fields.ts'
import { REMOTE_CODE_FIELD, SERVED_NAME_FIELD, VARIABLES_FIELD } from './inference-fields.ts'

export const SGLANG_SPEC: RunnerSpec = {
  kind: 'sglang',
  name: 'SGLang',
  summary: 'Serves a Hugging Face model with a shared prefix cache.',
  way: 'process',
  model: { form: 'repository', label: 'Model', placeholder: 'openai/gpt-oss-20b' },
  defaultPort: 30000,
  image: 'lmsysorg/sglang:latest-cu130',
  fields: [
    {
      key: 'memFractionStatic',
      type: 'number',
      label: 'Share of free memory',
      help:
        'Weights and cache together take this share of the memory that is free when it starts, not of all memory; ' +
        '0 takes its own choice.',
      // Its own choice takes nearly all; NVIDIA's recipe for this machine says 0.75 with nothing else running.
      default: 0.5,
      min: 0,
      max: 0.95,
      advanced: false
    },
    {
      key: 'contextLength',
      type: 'int',
      label: 'Context',
      help: 'Longest prompt and answer together; 0 takes what the model allows.',
      default: 0,
      min: 0,
      max: 4_194_304,
      unit: 'tokens',
      advanced: false
    },
    {
      key: 'maxRunningRequests',
      type: 'int',
      label: 'Requests at once',
      help: 'Further requests wait; 0 takes its own choice.',
      default: 8,
      min: 0,
      max: 4096,
      advanced: false
    },
    {
      key: 'kvCacheDtype',
      type: 'choice',
      label: 'Cache precision',
      help: 'FP8 holds twice as many tokens in the same memory, a little less exactly.',
      default: 'auto',
      options: [
        { value: 'auto', label: "The model's own" },
        { value: 'fp8_e4m3', label: 'FP8 (E4M3)' },
        { value: 'fp8_e5m2', label: 'FP8 (E5M2)' }
      ],
      advanced: false
    },
    {
      key: 'attentionBackend',
      type: 'choice',
      label: 'Attention',
      help: 'How attention is computed; another one helps where a model does not start.',
      default: '',
      options: [
        { value: '', label: 'Its own choice' },
        { value: 'flashinfer', label: 'FlashInfer' },
        { value: 'triton', label: 'Triton' }
      ],
      advanced: true
    },
    {
      key: 'chunkedPrefillSize',
      type: 'int',
      label: 'Tokens in one step',
      help: 'A smaller figure takes less memory while prompts are read; 0 takes its own choice.',
      default: 0,
      min: 0,
      max: 1_048_576,
      unit: 'tokens',
      advanced: true
    },
    {
      key: 'enableMemorySaver',
      type: 'flag',
      label: 'Memory saver',
      help: "Lets 'Free memory' give weights and cache back while the program stays.",
      default: false,
      advanced: true
    },
    {
      key: 'disableCudaGraph',
      type: 'flag',
      label: 'Without CUDA graphs',
      help: 'Starts sooner and takes a little less memory, but makes tokens more slowly.',
      default: false,
      advanced: true
    },
    SERVED_NAME_FIELD,
    REMOTE_CODE_FIELD,
    BINARY_FIELD,
    PORT_FIELD,
    EXTRA_ARGS_FIELD,
    VARIABLES_FIELD
  ]
}

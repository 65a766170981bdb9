import type { RunnerSpec } from '../runner-spec.ts'
import { BINARY_FIELD, EXTRA_ARGS_FIELD, PORT_FIELD } from './common-fields.ts'
import {
  cachePrecisionField,
  contextField,
  REMOTE_CODE_FIELD,
  requestsField,
  SERVED_NAME_FIELD,
  stepTokensField,
  VARIABLES_FIELD,
  withoutGraphsField
} from './inference-fields.ts'

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
    contextField('contextLength'),
    { ...requestsField('maxRunningRequests'), default: 8 },
    cachePrecisionField([
      { value: 'fp8_e4m3', label: 'FP8 (E4M3)' },
      { value: 'fp8_e5m2', label: 'FP8 (E5M2)' }
    ]),
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
    stepTokensField('chunkedPrefillSize'),
    {
      key: 'enableMemorySaver',
      type: 'flag',
      label: 'Memory saver',
      help: "Lets 'Free memory' give weights and cache back while the program stays.",
      default: false,
      advanced: true
    },
    withoutGraphsField('disableCudaGraph'),
    SERVED_NAME_FIELD,
    REMOTE_CODE_FIELD,
    BINARY_FIELD,
    PORT_FIELD,
    EXTRA_ARGS_FIELD,
    VARIABLES_FIELD
  ]
}

import type { RunnerSpec } from '../runner-spec.ts'
import { BINARY_FIELD, EXTRA_ARGS_FIELD, PORT_FIELD } from './common-fields.ts'
import {
  cachePrecisionField,
  contextField,
  REMOTE_CODE_FIELD,
  REQUESTS_OF_BIG_SERVERS,
  requestsField,
  SERVED_NAME_FIELD,
  stepTokensField,
  VARIABLES_FIELD,
  withoutGraphsField
} from './inference-fields.ts'

export const VLLM_SPEC: RunnerSpec = {
  kind: 'vllm',
  name: 'vLLM',
  summary: 'Serves a Hugging Face model to many at once.',
  way: 'process',
  model: { form: 'repository', label: 'Model', placeholder: 'openai/gpt-oss-120b' },
  defaultPort: 8000,
  image: 'nvcr.io/nvidia/vllm:26.05.post1-py3',
  fields: [
    {
      key: 'gpuMemoryUtilization',
      type: 'number',
      label: 'Share of all memory',
      help:
        'It takes this share of the whole memory of the machine at the start, whatever the size of the model; ' +
        'the rest is left for the desktop and other runners.',
      // vLLM's own 0.9 leaves a desktop nothing; 0.4 is the share of NVIDIA's recipes for this machine.
      default: 0.4,
      min: 0.05,
      max: 0.95,
      advanced: false
    },
    contextField('maxModelLen'),
    { ...requestsField('maxNumSeqs'), default: 4, max: 1024, help: REQUESTS_OF_BIG_SERVERS },
    cachePrecisionField([{ value: 'fp8', label: 'FP8' }]),
    {
      key: 'kvCacheMemoryMiB',
      type: 'int',
      label: 'Cache size',
      help:
        'Exact size of the cache; 0 fills the share of all memory. The share must still cover the model and this ' +
        'cache with about 3 GiB to spare, or it refuses to start.',
      default: 0,
      min: 0,
      max: 1_048_576,
      unit: 'MiB',
      advanced: true
    },
    {
      key: 'loadFormat',
      type: 'choice',
      label: 'Loading',
      help: 'fastsafetensors loads faster, but needs room for the model twice while it loads.',
      default: 'auto',
      options: [
        { value: 'auto', label: 'Its own choice' },
        { value: 'safetensors', label: 'safetensors' },
        { value: 'fastsafetensors', label: 'fastsafetensors' }
      ],
      advanced: true
    },
    {
      key: 'enableSleepMode',
      type: 'flag',
      label: 'Sleep mode',
      help: "Lets 'Free memory' put it to sleep: weights and cache go, the program stays.",
      default: false,
      advanced: true
    },
    withoutGraphsField('enforceEager'),
    stepTokensField('maxNumBatchedTokens'),
    SERVED_NAME_FIELD,
    REMOTE_CODE_FIELD,
    BINARY_FIELD,
    PORT_FIELD,
    EXTRA_ARGS_FIELD,
    VARIABLES_FIELD
  ]
}

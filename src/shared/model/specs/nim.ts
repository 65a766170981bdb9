import type { RunnerSpec } from '../runner-spec.ts'
import { PORT_FIELD } from './common-fields.ts'
import { contextField, requestsField } from './inference-fields.ts'

export const NIM_SPEC: RunnerSpec = {
  kind: 'nim',
  name: 'NVIDIA NIM',
  summary: 'Serves one model from a ready-made container of NVIDIA.',
  way: 'process',
  model: { form: 'none', label: '', placeholder: '' },
  defaultPort: 8000,
  image: 'nvcr.io/nim/meta/llama-3.1-8b-instruct-dgx-spark:latest',
  fields: [
    {
      key: 'cacheShare',
      type: 'number',
      label: 'Share of memory',
      help: 'Share of all memory that it may take for model and cache; 0 takes its own choice, nearly all.',
      default: 0.4,
      min: 0,
      max: 0.95,
      advanced: false
    },
    contextField('maxModelLen'),
    { ...requestsField('maxNumSeqs'), advanced: true },
    {
      key: 'modelProfile',
      type: 'text',
      label: 'Profile in the image',
      help: "Which of the image's own profiles to take, by its id; empty lets it choose for this GPU.",
      default: '',
      advanced: true
    },
    {
      key: 'servedModelName',
      type: 'text',
      label: 'Name for clients',
      help: 'What programs that use it call the model; empty takes the name in the image.',
      default: '',
      advanced: true
    },
    {
      key: 'passthroughArgs',
      type: 'text',
      label: 'More arguments',
      help: 'For the server inside (NIM_PASSTHROUGH_ARGS, images of version 2 and later), as one line.',
      default: '',
      advanced: true
    },
    PORT_FIELD
  ]
}

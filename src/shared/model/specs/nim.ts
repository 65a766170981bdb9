import type { RunnerSpec } from '../runner-spec.ts'
import { EXTRA_ARGS_FIELD, PORT_FIELD } from './common-fields.ts'

export const NIM_SPEC: RunnerSpec = {
  kind: 'nim',
  name: 'NVIDIA NIM',
  summary: 'Serves one model from a ready-made container of NVIDIA.',
  way: 'process',
  model: { form: 'none', label: '', placeholder: '' },
  defaultPort: 8000,
  image: 'nvcr.io/nim/meta/llama-3.1-8b-instruct-dgx-spark:latest',
  fields: [PORT_FIELD, EXTRA_ARGS_FIELD]
}

import type { RunnerSpec } from '../runner-spec.ts'
import { EXTRA_ARGS_FIELD, PORT_FIELD } from './common-fields.ts'

export const COMFYUI_SPEC: RunnerSpec = {
  kind: 'comfyui',
  name: 'ComfyUI',
  summary: 'Makes pictures with node graphs.',
  way: 'process',
  model: { form: 'none', label: '', placeholder: '' },
  defaultPort: 8188,
  image: null,
  fields: [PORT_FIELD, EXTRA_ARGS_FIELD]
}

import type { RunnerSpec } from '../runner-spec.ts'
import { EXTRA_ARGS_FIELD, PORT_FIELD } from './common-fields.ts'

export const CUSTOM_SPEC: RunnerSpec = {
  kind: 'custom',
  name: 'Custom command',
  summary: 'Runs any server or job of yours.',
  way: 'process',
  model: { form: 'none', label: '', placeholder: '' },
  defaultPort: 8000,
  image: null,
  fields: [PORT_FIELD, EXTRA_ARGS_FIELD]
}

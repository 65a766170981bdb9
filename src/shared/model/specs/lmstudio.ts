import type { RunnerSpec } from '../runner-spec.ts'
import { PORT_FIELD } from './common-fields.ts'

export const LMSTUDIO_SPEC: RunnerSpec = {
  kind: 'lmstudio',
  name: 'LM Studio',
  summary: 'Runs models of LM Studio in its server.',
  way: 'service',
  model: { form: 'tag', label: 'Model', placeholder: 'openai/gpt-oss-20b' },
  defaultPort: 1234,
  image: null,
  fields: [PORT_FIELD]
}

import type { RunnerSpec } from '../runner-spec.ts'
import { PORT_FIELD } from './common-fields.ts'

export const OLLAMA_SPEC: RunnerSpec = {
  kind: 'ollama',
  name: 'Ollama',
  summary: 'Runs models by name in the Ollama service.',
  way: 'service',
  model: { form: 'tag', label: 'Model', placeholder: 'llama3.2:3b' },
  defaultPort: 11434,
  image: null,
  fields: [PORT_FIELD]
}

import type { RunnerSpec } from '../runner-spec.ts'
import { EXTRA_ARGS_FIELD, PORT_FIELD } from './common-fields.ts'

export const OPEN_WEBUI_SPEC: RunnerSpec = {
  kind: 'open-webui',
  name: 'Open WebUI',
  summary: 'A chat page for Ollama and other servers.',
  way: 'process',
  model: { form: 'none', label: '', placeholder: '' },
  defaultPort: 8080,
  image: 'ghcr.io/open-webui/open-webui:main',
  fields: [PORT_FIELD, EXTRA_ARGS_FIELD]
}

import type { RunnerSpec } from '../runner-spec.ts'

const DEFAULT_PORT = 11434

export const OLLAMA_SPEC: RunnerSpec = {
  kind: 'ollama',
  name: 'Ollama',
  summary: 'Runs models by name in the Ollama service.',
  way: 'service',
  model: { form: 'tag', label: 'Model', placeholder: 'llama3.2:3b' },
  defaultPort: DEFAULT_PORT,
  image: null,
  fields: [
    {
      key: 'startService',
      type: 'flag',
      label: 'Start Ollama if it does not run',
      help: "Runs 'ollama serve' as you, with the models of your own folder; off where it is a system service.",
      default: false,
      advanced: true
    },
    {
      key: 'port',
      type: 'int',
      label: 'Port of the service',
      help: `Where Ollama listens on this machine; 0 is its usual ${DEFAULT_PORT}.`,
      default: 0,
      min: 0,
      max: 65_535,
      advanced: true
    }
  ]
}

import type { RunnerSpec } from '../runner-spec.ts'

const DEFAULT_PORT = 1234

export const LMSTUDIO_SPEC: RunnerSpec = {
  kind: 'lmstudio',
  name: 'LM Studio',
  summary: 'Runs models of LM Studio in its server.',
  way: 'service',
  model: { form: 'tag', label: 'Model', placeholder: 'openai/gpt-oss-20b' },
  defaultPort: DEFAULT_PORT,
  image: null,
  fields: [
    {
      key: 'startService',
      type: 'flag',
      label: 'Start the server if it does not run',
      help: "Runs 'lms server start' before the model is loaded.",
      default: false,
      advanced: true
    },
    {
      key: 'port',
      type: 'int',
      label: 'Port of the server',
      help: `Where LM Studio listens on this machine; 0 is its usual ${DEFAULT_PORT}.`,
      default: 0,
      min: 0,
      max: 65_535,
      advanced: true
    }
  ]
}

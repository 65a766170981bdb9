import type { RunnerSpec } from '../runner-spec.ts'

export const LLAMACPP_SPEC: RunnerSpec = {
  kind: 'llamacpp',
  name: 'llama.cpp',
  summary: 'Serves one GGUF model, or a folder of them, with llama-server.',
  way: 'process',
  model: { form: 'gguf', label: 'Model file', placeholder: '/home/you/models/model.gguf' },
  defaultPort: 8080,
  image: null,
  fields: []
}

import { OLLAMA_SPEC } from '../../../../shared/model/specs/ollama.ts'
import { ok } from '../../../../shared/util/result.ts'
import { createFieldAdapter } from '../common/field-adapter.ts'

export const ollamaAdapter = createFieldAdapter({
  spec: OLLAMA_SPEC,
  programs: ['ollama'],
  containerProgram: '',
  containerPort: 11434,
  readyPath: '/api/version',
  command: () => ok({ args: [], env: {} }),
  recognise: () => null,
  prove: async () => ({ works: true, text: 'It answers.' }),
  activity: async () => null,
  explainExit: () => null,
  loadedShare: () => null,
  free: null,
  models: null,
  setUp: []
})

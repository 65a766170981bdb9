import { LMSTUDIO_SPEC } from '../../../../shared/model/specs/lmstudio.ts'
import { ok } from '../../../../shared/util/result.ts'
import { createFieldAdapter } from '../common/field-adapter.ts'

export const lmStudioAdapter = createFieldAdapter({
  spec: LMSTUDIO_SPEC,
  programs: ['lms'],
  containerProgram: '',
  containerPort: 1234,
  readyPath: '/v1/models',
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

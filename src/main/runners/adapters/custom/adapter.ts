import { CUSTOM_SPEC } from '../../../../shared/model/specs/custom.ts'
import { ok } from '../../../../shared/util/result.ts'
import { createFieldAdapter } from '../common/field-adapter.ts'

export const customAdapter = createFieldAdapter({
  spec: CUSTOM_SPEC,
  programs: [],
  containerProgram: '',
  containerPort: 8000,
  readyPath: '/',
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

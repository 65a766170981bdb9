import { NIM_SPEC } from '../../../../shared/model/specs/nim.ts'
import { ok } from '../../../../shared/util/result.ts'
import { createFieldAdapter } from '../common/field-adapter.ts'

export const nimAdapter = createFieldAdapter({
  spec: NIM_SPEC,
  programs: [],
  containerProgram: '',
  containerPort: 8000,
  readyPath: '/v1/health/ready',
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

import { SGLANG_SPEC } from '../../../../shared/model/specs/sglang.ts'
import { ok } from '../../../../shared/util/result.ts'
import { createFieldAdapter } from '../common/field-adapter.ts'

export const sglangAdapter = createFieldAdapter({
  spec: SGLANG_SPEC,
  programs: ['sglang'],
  containerProgram: 'sglang',
  containerPort: 30000,
  readyPath: '/health',
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

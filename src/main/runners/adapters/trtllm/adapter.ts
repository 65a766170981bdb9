import { TRTLLM_SPEC } from '../../../../shared/model/specs/trtllm.ts'
import { ok } from '../../../../shared/util/result.ts'
import { createFieldAdapter } from '../common/field-adapter.ts'

export const trtllmAdapter = createFieldAdapter({
  spec: TRTLLM_SPEC,
  programs: ['trtllm-serve'],
  containerProgram: 'trtllm-serve',
  containerPort: 8000,
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

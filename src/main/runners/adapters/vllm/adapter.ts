import { VLLM_SPEC } from '../../../../shared/model/specs/vllm.ts'
import { ok } from '../../../../shared/util/result.ts'
import { createFieldAdapter } from '../common/field-adapter.ts'

export const vllmAdapter = createFieldAdapter({
  spec: VLLM_SPEC,
  programs: ['vllm'],
  containerProgram: 'vllm',
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

import { FINETUNE_SPEC } from '../../../../shared/model/specs/finetune.ts'
import { ok } from '../../../../shared/util/result.ts'
import { createFieldAdapter } from '../common/field-adapter.ts'

export const fineTuneAdapter = createFieldAdapter({
  spec: FINETUNE_SPEC,
  programs: ['python3'],
  containerProgram: 'python3',
  containerPort: 0,
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

import { OPEN_WEBUI_SPEC } from '../../../../shared/model/specs/open-webui.ts'
import { ok } from '../../../../shared/util/result.ts'
import { createFieldAdapter } from '../common/field-adapter.ts'

export const openWebUiAdapter = createFieldAdapter({
  spec: OPEN_WEBUI_SPEC,
  programs: ['open-webui'],
  containerProgram: '',
  containerPort: 8080,
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

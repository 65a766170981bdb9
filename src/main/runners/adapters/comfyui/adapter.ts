import { COMFYUI_SPEC } from '../../../../shared/model/specs/comfyui.ts'
import { ok } from '../../../../shared/util/result.ts'
import { createFieldAdapter } from '../common/field-adapter.ts'

export const comfyUiAdapter = createFieldAdapter({
  spec: COMFYUI_SPEC,
  programs: ['comfyui', 'comfy'],
  containerProgram: '',
  containerPort: 8188,
  readyPath: '/system_stats',
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

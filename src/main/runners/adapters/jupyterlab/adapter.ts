import { JUPYTERLAB_SPEC } from '../../../../shared/model/specs/jupyterlab.ts'
import { ok } from '../../../../shared/util/result.ts'
import { createFieldAdapter } from '../common/field-adapter.ts'

export const jupyterLabAdapter = createFieldAdapter({
  spec: JUPYTERLAB_SPEC,
  programs: ['jupyter-lab'],
  containerProgram: 'jupyter-lab',
  containerPort: 8888,
  readyPath: '/api',
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

import type { RunnerSpec } from '../runner-spec.ts'
import { EXTRA_ARGS_FIELD, PORT_FIELD } from './common-fields.ts'

export const JUPYTERLAB_SPEC: RunnerSpec = {
  kind: 'jupyterlab',
  name: 'JupyterLab',
  summary: 'Notebooks in the browser.',
  way: 'process',
  model: { form: 'none', label: '', placeholder: '' },
  defaultPort: 8888,
  image: null,
  fields: [PORT_FIELD, EXTRA_ARGS_FIELD]
}

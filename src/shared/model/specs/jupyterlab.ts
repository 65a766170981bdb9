import type { RunnerSpec } from '../runner-spec.ts'
import { BINARY_FIELD, EXTRA_ARGS_FIELD, PORT_FIELD } from './common-fields.ts'

export const JUPYTERLAB_SPEC: RunnerSpec = {
  kind: 'jupyterlab',
  name: 'JupyterLab',
  summary: 'Notebooks in the browser.',
  way: 'process',
  model: { form: 'none', label: '', placeholder: '' },
  defaultPort: 8888,
  image: null,
  fields: [
    {
      key: 'folder',
      type: 'text',
      label: 'Notebooks',
      help: 'The folder that it opens; empty is the home folder.',
      default: '',
      placeholder: '~/notebooks',
      advanced: false
    },
    {
      key: 'tokenFile',
      type: 'text',
      label: 'File with its token',
      help: 'Who knows the token may log in. Empty: it makes a new one at each start; its log shows the link with it.',
      default: '',
      placeholder: '~/.config/jupyter-token',
      advanced: true
    },
    BINARY_FIELD,
    PORT_FIELD,
    EXTRA_ARGS_FIELD
  ]
}

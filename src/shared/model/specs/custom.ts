import type { RunnerSpec } from '../runner-spec.ts'
import { PORT_FIELD } from './common-fields.ts'

export const CUSTOM_SPEC: RunnerSpec = {
  kind: 'custom',
  name: 'Custom command',
  summary: 'Runs any server or job of yours.',
  way: 'process',
  model: { form: 'none', label: '', placeholder: '' },
  defaultPort: 8000,
  image: null,
  fields: [
    {
      key: 'command',
      type: 'list',
      label: 'Program and arguments',
      help: 'The program and its arguments, one a line; no shell reads them. {port} and {host} are where to listen.',
      default: [],
      advanced: false
    },
    {
      key: 'ready',
      type: 'choice',
      label: 'It is ready when',
      help: 'A job that does not listen counts as ready once it has run for a moment.',
      default: 'port',
      options: [
        { value: 'port', label: 'its port accepts connections' },
        { value: 'running', label: 'it runs: a job without a port' }
      ],
      advanced: false
    },
    {
      key: 'readyPath',
      type: 'text',
      label: 'Page that says it is ready',
      help: 'Ready when this page answers 200; empty: when its port accepts connections.',
      default: '',
      placeholder: '/health',
      advanced: true
    },
    {
      key: 'folder',
      type: 'text',
      label: 'Working folder',
      help: 'Where it is started; empty is the home folder.',
      default: '',
      placeholder: '~/project',
      advanced: true
    },
    {
      key: 'env',
      type: 'list',
      label: 'Environment',
      help: 'NAME=value, one a line; most of your own environment is not passed on.',
      default: [],
      advanced: true
    },
    PORT_FIELD
  ]
}

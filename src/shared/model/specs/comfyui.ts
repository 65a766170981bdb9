import type { RunnerSpec } from '../runner-spec.ts'
import { EXTRA_ARGS_FIELD, PORT_FIELD } from './common-fields.ts'

export const COMFYUI_SPEC: RunnerSpec = {
  kind: 'comfyui',
  name: 'ComfyUI',
  summary: 'Makes pictures with node graphs.',
  way: 'process',
  model: { form: 'none', label: '', placeholder: '' },
  defaultPort: 8188,
  image: null,
  fields: [
    {
      key: 'folder',
      type: 'text',
      label: 'Folder',
      help: 'Where ComfyUI was cloned to: the folder with its main.py.',
      default: '~/ComfyUI',
      placeholder: '~/ComfyUI',
      advanced: false
    },
    {
      key: 'reserveVramGiB',
      type: 'number',
      label: 'Memory left to others, in GB',
      help: 'It moves models out before less than this is free. People on a DGX Spark use 16; 0 is its own choice.',
      default: 0,
      min: 0,
      max: 1024,
      advanced: false
    },
    {
      key: 'vram',
      type: 'choice',
      label: 'Models after use',
      help: 'On shared memory moving a model to the CPU copies it and frees nothing.',
      default: 'highvram',
      options: [
        { value: 'highvram', label: 'Stay in GPU memory' },
        { value: 'auto', label: 'As it decides itself' },
        { value: 'normalvram', label: 'Move to CPU memory' },
        { value: 'lowvram', label: 'Load in parts' }
      ],
      advanced: true
    },
    {
      key: 'disableMmap',
      type: 'flag',
      label: 'Load without mapping files',
      help: 'On shared memory a mapped model is in memory twice while it loads.',
      default: true,
      advanced: true
    },
    {
      key: 'disablePinned',
      type: 'flag',
      label: 'No pinned memory',
      help: 'Pinned copies of a model take the same memory once more. Older versions do not know this option.',
      default: true,
      advanced: true
    },
    {
      key: 'binary',
      type: 'text',
      label: 'Python',
      help: 'The Python with its packages; empty takes the one of the venv in its folder.',
      default: '',
      placeholder: '~/ComfyUI/venv/bin/python',
      advanced: true
    },
    PORT_FIELD,
    EXTRA_ARGS_FIELD
  ]
}

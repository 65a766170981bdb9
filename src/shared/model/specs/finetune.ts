import type { RunnerSpec } from '../runner-spec.ts'

export const FINETUNE_SPEC: RunnerSpec = {
  kind: 'finetune',
  name: 'Fine-tuning job',
  summary: 'Runs a training script and follows its progress.',
  way: 'process',
  model: { form: 'repository', label: 'Base model', placeholder: 'meta-llama/Llama-3.1-8B' },
  defaultPort: 0,
  image: 'nvcr.io/nvidia/pytorch:25.11-py3',
  fields: [
    {
      key: 'launcher',
      type: 'choice',
      label: 'Started with',
      help: 'What runs the training: Python, a launcher for several processes, or a program of its own like axolotl or tune.',
      default: 'python',
      options: [
        { value: 'python', label: 'python SCRIPT' },
        { value: 'module', label: 'python -m MODULE' },
        { value: 'torchrun', label: 'torchrun SCRIPT' },
        { value: 'accelerate', label: 'accelerate launch SCRIPT' },
        { value: 'program', label: 'A program of its own' }
      ],
      advanced: false
    },
    {
      key: 'script',
      type: 'text',
      label: 'Script',
      help: 'The training script, module or program; a relative path begins in the working folder.',
      default: '',
      placeholder: 'Llama3_8B_LoRA_finetuning.py',
      advanced: false
    },
    {
      key: 'extraArgs',
      type: 'list',
      label: 'Arguments',
      help: 'One a line. {model} is the base model, {output} the checkpoint folder.',
      default: [],
      advanced: false
    },
    {
      key: 'outputDir',
      type: 'text',
      label: 'Checkpoint folder',
      help: 'Where the job writes its checkpoints, as the job sees it; needed to go on from one and to stop after one.',
      default: '',
      placeholder: '~/out',
      advanced: false
    },
    {
      key: 'resume',
      type: 'flag',
      label: 'Go on from the last checkpoint',
      help: 'Adds the arguments below where the checkpoint folder holds a checkpoint.',
      default: false,
      advanced: false
    },
    {
      key: 'resumeArgs',
      type: 'list',
      label: 'Arguments to go on',
      help: 'One a line. {checkpoint} is the last checkpoint.',
      default: ['--resume_from_checkpoint', '{checkpoint}'],
      advanced: true
    },
    {
      key: 'folder',
      type: 'text',
      label: 'Working folder',
      help: 'Where it is started; empty is the home folder, or that of the image.',
      default: '',
      placeholder: '~/training',
      advanced: true
    },
    {
      key: 'binary',
      type: 'text',
      label: 'Program',
      help: 'The Python or launcher with its packages; empty takes that of a venv in the working folder, else the one on PATH.',
      default: '',
      placeholder: '~/training/.venv/bin/python',
      advanced: true
    }
  ]
}

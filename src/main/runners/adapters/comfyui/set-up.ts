import type { SetUpStep } from '../../../../shared/model/runner.ts'

/** NVIDIA's steps for the DGX Spark (its ComfyUI playbook), with the usual folder. */
export const COMFY_SET_UP: readonly SetUpStep[] = [
  {
    text: "Python's virtual environments: 'sudo apt install python3-venv git'. A DGX Spark has them.",
    command: null,
    needsRoot: true
  },
  {
    text: 'Clone ComfyUI into your home folder.',
    command: ['git', 'clone', 'https://github.com/comfyanonymous/ComfyUI.git', 'ComfyUI'],
    needsRoot: false
  },
  {
    text: 'Make a virtual environment in it.',
    command: ['python3', '-m', 'venv', 'ComfyUI/venv'],
    needsRoot: false
  },
  {
    text: 'Install PyTorch for CUDA 13.',
    command: [
      'ComfyUI/venv/bin/pip',
      'install',
      'torch',
      'torchvision',
      '--index-url',
      'https://download.pytorch.org/whl/cu130'
    ],
    needsRoot: false
  },
  {
    text: 'Install what ComfyUI needs.',
    command: ['ComfyUI/venv/bin/pip', 'install', '-r', 'ComfyUI/requirements.txt'],
    needsRoot: false
  },
  {
    text: 'Put a checkpoint into ComfyUI/models/checkpoints.',
    command: null,
    needsRoot: false
  }
]

import { explainBy, PYTHON_EXPLANATIONS, type Explanation } from '../common/explain.ts'

const EXPLANATIONS: readonly Explanation[] = [
  {
    pattern: /CUDA out of memory|OutOfMemoryError|CUDA error: out of memory/,
    words: () =>
      'There was not enough memory for it. Stop another runner, or train with a smaller batch, shorter sequences, ' +
      'gradient checkpointing, or LoRA instead of all weights.'
  },
  {
    pattern: /(?:loss is nan|nan loss|loss (?:became|is) (?:nan|inf)|found nan|FloatingPointError)/i,
    words: () =>
      'Its loss was no number any more. Start it from an earlier checkpoint, with a smaller learning rate or in bf16.'
  },
  {
    pattern: /Can't find a valid checkpoint at (\S{1,300})|No valid checkpoint found in output directory/,
    words: () =>
      "There is no whole checkpoint to go on from. Switch 'Go on from the last checkpoint' off, or correct its folder."
  },
  {
    pattern: /bitsandbytes[^\n]{0,200}(?:not|without)[^\n]{0,100}(?:CUDA|GPU|found)/i,
    words: () =>
      'Its bitsandbytes does not know this GPU. Install a build for CUDA 13 on Arm, or train without 4 bits.'
  },
  {
    pattern: /DataLoader worker \(pid[^)]{0,80}\) is killed by signal|unable to open shared memory object/,
    words: () =>
      'A worker that reads the data had too little shared memory. Share IPC in the profile, or raise it.'
  }
]

/** Why a training ended, in words; null when its log says nothing of the kind. */
export const explainTrainingExit = (log: string): string | null =>
  explainBy([...EXPLANATIONS, ...PYTHON_EXPLANATIONS], log)

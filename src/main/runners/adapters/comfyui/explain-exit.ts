import { explainBy, PYTHON_EXPLANATIONS, type Explanation } from '../common/explain.ts'

const EXPLANATIONS: readonly Explanation[] = [
  {
    pattern: /error while attempting to bind on address/,
    words: () => 'Its port is taken by another program. Choose another port, or 0 for a free one.'
  },
  {
    pattern: /unrecognized arguments:[^\n]{0,200}--disable-pinned-memory/,
    words: () =>
      "This ComfyUI is too old for 'No pinned memory'. Update it, or switch that off in the profile."
  },
  {
    pattern: /Torch not compiled with CUDA enabled/,
    words: () => 'Its PyTorch is built without CUDA. Install the one for CUDA 13: see Set up.'
  }
]

/** Why ComfyUI ended, in words; null when its log says nothing of the kind. */
export const explainComfyExit = (log: string): string | null =>
  explainBy([...EXPLANATIONS, ...PYTHON_EXPLANATIONS], log)

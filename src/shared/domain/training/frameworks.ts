/** Who writes a training log: decides what its bars count and what can be said of its checkpoints. */
export const FRAMEWORKS = [
  'hugging-face',
  'trl',
  'axolotl',
  'unsloth',
  'diffusers',
  'nemo',
  'megatron',
  'lightning',
  'torchtune'
] as const
export type Framework = (typeof FRAMEWORKS)[number]

interface Mark {
  readonly framework: Framework
  readonly pattern: RegExp
  /** A higher one says more: Axolotl, Unsloth and TRL drive the Hugging Face Trainer and log like it, too. */
  readonly weight: number
}

const MARKS: readonly Mark[] = [
  { framework: 'unsloth', weight: 3, pattern: /==\(\(====\)\)==|\bUnsloth\b/ },
  { framework: 'axolotl', weight: 3, pattern: /\[axolotl\.|\baxolotl\.(?:cli|train)/ },
  { framework: 'nemo', weight: 3, pattern: /\[NeMo [IWE] |reduced_train_loss[=:]/ },
  { framework: 'torchtune', weight: 3, pattern: /\btorchtune\b|^\s{0,8}\d+\|\d+\|Loss: / },
  { framework: 'megatron', weight: 2, pattern: /\biteration\s+\d+\/\s*\d+ \|.{0,400}\blm loss: / },
  {
    framework: 'trl',
    weight: 2,
    pattern: /\btrl\b.{0,80}\btrainer\b|'mean_token_accuracy':|'rewards\/(?:chosen|margins)':/i
  },
  { framework: 'diffusers', weight: 2, pattern: /^Steps:\s+\d+%\||Saved state to \S*checkpoint-\d+/ },
  { framework: 'lightning', weight: 1, pattern: /^Epoch \d+(?:\/\d+)?:\s+\d+%\||`Trainer\.fit` stopped/ },
  {
    framework: 'hugging-face',
    weight: 1,
    pattern: /\*{5} Running training \*{5}|\{'(?:loss|eval_loss|train_runtime)':|Saving model checkpoint to /
  }
]

const weightOf = (framework: Framework | null): number =>
  MARKS.find((mark) => mark.framework === framework)?.weight ?? 0

/** The framework after one more line: what says more replaces what says less. */
export function frameworkAfter(before: Framework | null, line: string): Framework | null {
  const heaviest = weightOf(before)
  if (heaviest === 3) return before
  return MARKS.find(({ weight, pattern }) => weight > heaviest && pattern.test(line))?.framework ?? before
}

const ASKED: Readonly<Record<Framework, string>> = {
  'hugging-face':
    'The Hugging Face Trainer writes no checkpoint when it is ended, unless it runs with enable_jit_checkpoint.',
  trl: 'TRL writes no checkpoint when it is ended, unless it runs with enable_jit_checkpoint.',
  axolotl: 'Axolotl writes no checkpoint to go on from when it is ended.',
  unsloth: 'Unsloth writes no checkpoint when it is ended.',
  diffusers: 'The training scripts of diffusers write no checkpoint when they are ended.',
  nemo: 'NeMo writes a checkpoint when it is ended only with its preemption callback.',
  megatron: 'Megatron-LM writes a checkpoint when it is ended only with --exit-signal-handler.',
  lightning: 'Lightning writes no checkpoint when it is ended, unless a callback of the script does.',
  torchtune: 'torchtune writes a checkpoint only at the end of an epoch.'
}

/** What waiting for the next checkpoint means with this framework, for people. */
export function checkpointStopWords(framework: Framework | null): string {
  const own = framework === null ? 'What it does when it is ended is not known.' : ASKED[framework]
  return (
    `${own} Firebreak waits for the next checkpoint it writes by itself, until the files of that checkpoint rest, ` +
    'and then stops it. Steps after that checkpoint are lost.'
  )
}

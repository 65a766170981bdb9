import { readBar, type Bar } from './read-bar.ts'
import { count, field, isNotANumber, numberIn } from './read-number.ts'

/** What one line of a training log says; null: nothing of the kind. */
export interface LineFacts {
  readonly bar: Bar | null
  readonly loss: number | 'not-a-number' | null
  readonly step: number | null
  readonly totalSteps: number | null
  readonly epoch: number | null
  readonly totalEpochs: number | null
  readonly secondsPerStep: number | null
  readonly checkpoint: string | null
  /** A new run begins in this log. */
  readonly isNewRun: boolean
}

const NOTHING: LineFacts = {
  bar: null,
  loss: null,
  step: null,
  totalSteps: null,
  epoch: null,
  totalEpochs: null,
  secondsPerStep: null,
  checkpoint: null,
  isNewRun: false
}

/** As the supervisor heads each launch in a runner's log; what was ended before may have left its line open. */
const LAUNCH = /--- \d{4}-\d\d-\d\dT[\d:.]+Z /
/** A dictionary of the Hugging Face Trainer; from version 5 on its figures are in quotes. */
const DICTIONARY = /\{'[^{}]{1,3000}\}/
/** ' iteration  10/ 1000 | … | lm loss: 1.07E+01 |' of Megatron-LM. */
const MEGATRON = /\biteration\s+(\d+)\/\s*(\d+) \|/
/** 'Training epoch 0, iteration 12/119 | … | reduced_train_loss: 11.03' of NeMo without bars. */
const NEMO = /\bTraining epoch (\d+), iteration (\d+)\/(\d+) \|/
/** 'Step 12 | loss:1.54 lr:2e-05' of torchtune and many scripts. */
const STEP = /\b(?:global_step|step|iter(?:ation)?)[\s:=#]{1,3}(\d+)(?:\s?\/\s?(\d+))?\b/i

/** What the loss of training is called, the surest first; 'Loss' is torchtune's, 'avr_loss' that of sd-scripts. */
const LOSS_NAMES = ['reduced_train_loss', 'train_loss', 'step_loss', 'loss', 'Loss', 'avr_loss'] as const

const CHECKPOINTS: readonly RegExp[] = [
  /\bSaving model checkpoint to (\S.*)$/,
  /\bSav(?:ed|ing) (?:current )?state to (\S.*)$/,
  /\bModel checkpoint of size [\d.]+ \w+ saved to (\S.*)$/,
  /\bsuccessfully saved checkpoint from iteration\s+\d+ to (\S.*?)(?: \[|$)/,
  /\bAsync checkpoint save for step \d+ \(([^()]+)\) finalized successfully/,
  /\bsaving model to '([^']+)'/,
  /\bsaving checkpoint(?: to:?|:) (\S.*)$/i
]

export function readLine(line: string): LineFacts {
  if (LAUNCH.test(line)) return { ...NOTHING, isNewRun: true }
  return {
    ...NOTHING,
    ...(readDictionary(line) ?? readPlain(line)),
    ...readTotals(line),
    checkpoint: readCheckpoint(line)
  }
}

function readDictionary(line: string): Partial<LineFacts> | null {
  const text = DICTIONARY.exec(line)?.[0]
  if (text === undefined) return null
  const bar = readBar(line)
  return {
    bar,
    loss: lossOf(field(text, 'loss')),
    epoch: numberIn(field(text, 'epoch')),
    // Scripts that make a dictionary of their own often name the step in it.
    step: count(field(text, 'step') ?? field(text, 'global_step'))
  }
}

function readPlain(line: string): Partial<LineFacts> {
  const bar = readBar(line)
  if (bar !== null) {
    return { bar, loss: lossIn(line, LOSS_NAMES) }
  }
  const nemo = NEMO.exec(line)
  if (nemo !== null) {
    const step = count(field(line, 'global_step') ?? undefined) ?? count(nemo[2])
    return {
      step: step === null ? null : step + 1,
      totalSteps: count(nemo[1]) === 0 ? count(nemo[3]) : null,
      epoch: count(nemo[1]),
      loss: lossOf(field(line, 'reduced_train_loss')),
      secondsPerStep: numberIn(field(line, 'train_step_timing in s'))
    }
  }
  const megatron = MEGATRON.exec(line)
  if (megatron !== null) {
    const milliseconds = numberIn(field(line, 'elapsed time per iteration (ms)'))
    return {
      step: count(megatron[1]),
      totalSteps: count(megatron[2]),
      loss: lossOf(field(line, 'lm loss')),
      secondsPerStep: milliseconds === null ? null : milliseconds / 1000
    }
  }
  return readStep(line)
}

/** A line with a step and a loss, whoever wrote it; one alone may mean anything. */
function readStep(line: string): Partial<LineFacts> {
  const step = STEP.exec(line)
  const loss = lossIn(line, LOSS_NAMES)
  if (step === null || loss === null) return {}
  return { step: count(step[1]), totalSteps: count(step[2]), loss, epoch: numberIn(field(line, 'epoch')) }
}

const lossIn = (line: string, names: readonly string[]): number | 'not-a-number' | null =>
  lossOf(names.map((name) => field(line, name)).find((text) => text !== null) ?? null)

const lossOf = (text: string | null): number | 'not-a-number' | null =>
  isNotANumber(text) ? 'not-a-number' : numberIn(text)

/** 'Total optimization steps = 1,000', 'Num Epochs = 3 | Total steps = 60'. */
function readTotals(line: string): Partial<LineFacts> {
  const steps = count(/\bTotal (?:optimization |train )?steps ?= ?([\d,]{1,15})/i.exec(line)?.[1])
  const epochs = count(/\bNum Epochs ?= ?([\d,]{1,15})/i.exec(line)?.[1])
  return {
    ...(steps === null ? {} : { totalSteps: steps }),
    ...(epochs === null ? {} : { totalEpochs: epochs })
  }
}

function readCheckpoint(line: string): string | null {
  for (const pattern of CHECKPOINTS) {
    const path = pattern
      .exec(line)?.[1]
      ?.trim()
      .replace(/[.,;]$/, '')
    if (path !== undefined && path !== '') return path
  }
  return null
}

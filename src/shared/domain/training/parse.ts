import type { TrainingProgress } from '../../model/runner.ts'
import { addPoint, type LossPoint } from './curve.ts'
import { frameworkAfter, type Framework } from './frameworks.ts'
import { splitLines, tidy } from './lines.ts'
import type { Bar } from './read-bar.ts'
import { readLine, type LineFacts } from './read-line.ts'

/** What a training log has said so far. Grows no further than its curve, however long the log is. */
export interface TrainingState {
  /** The line that is not ended yet. */
  readonly rest: string
  readonly framework: Framework | null
  readonly step: number | null
  readonly totalSteps: number | null
  /** The log names the total in words; a bar with another one counts something else. */
  readonly isTotalSaid: boolean
  readonly epoch: number | null
  readonly totalEpochs: number | null
  readonly loss: number | null
  /** The last loss was nan or inf. */
  readonly isLossBroken: boolean
  readonly secondsLeft: number | null
  readonly lastCheckpoint: string | null
  /** How many checkpoints the log has told of, so that the next one can be waited for. */
  readonly checkpoints: number
  /** A loss whose step only the next bar tells. */
  readonly waiting: { readonly loss: number; readonly atMs: number } | null
  /** Losses without any step are numbered. */
  readonly losses: number
  readonly curve: readonly LossPoint[]
}

export const TRAINING_START: TrainingState = {
  rest: '',
  framework: null,
  step: null,
  totalSteps: null,
  isTotalSaid: false,
  epoch: null,
  totalEpochs: null,
  loss: null,
  isLossBroken: false,
  secondsLeft: null,
  lastCheckpoint: null,
  checkpoints: 0,
  waiting: null,
  losses: 0,
  curve: []
}

/** As much as one question for a log gives; of a flood the end is read, as the rest is out of date already. */
const MAX_PIECE_CHARACTERS = 262_144
/** Lines of trainers are longer than 32 characters on average; more lines than this are a flood, too. */
const MAX_PIECE_LINES = 8_192

/** While a piece is read: the curve is a copy of its own, which grows in place. */
type Draft = TrainingState & { readonly curve: LossPoint[] }

/**
 * The state after a further piece of a trainer's log, cut anywhere. What is not understood is passed over.
 *
 * A bar that stands in the unfinished line counts already: the next carriage return may be half a minute away.
 */
export function parseTraining(text: string, state: TrainingState, atMs: number): TrainingState {
  const { complete, rest } = splitLines(state.rest, text.slice(-MAX_PIECE_CHARACTERS))
  let now: Draft = { ...state, rest, curve: [...state.curve] }
  for (const line of complete.slice(-MAX_PIECE_LINES)) if (line !== '') now = afterLine(now, line, atMs)
  const { bar } = readLine(tidy(rest))
  if (bar !== null) now = afterBar(now, bar)
  return flush(now)
}

function afterLine(before: Draft, line: string, atMs: number): Draft {
  const facts = readLine(line)
  // The curve stays: a run that goes on from a checkpoint continues it.
  if (facts.isNewRun) return { ...TRAINING_START, rest: before.rest, curve: flush(before).curve }
  const framework = frameworkAfter(before.framework, line)
  const named: Draft = framework === before.framework ? before : { ...before, framework }
  const withTotals = afterTotals(named, facts)
  const stepped = facts.bar === null ? afterStep(withTotals, facts) : afterBar(withTotals, facts.bar)
  const lost = afterLoss(stepped, facts, atMs)
  return facts.checkpoint === null
    ? lost
    : { ...lost, lastCheckpoint: facts.checkpoint, checkpoints: lost.checkpoints + 1 }
}

function afterTotals(state: Draft, facts: LineFacts): Draft {
  const { totalSteps, totalEpochs, epoch } = facts
  if (totalSteps === null && totalEpochs === null && epoch === null) return state
  return {
    ...state,
    totalSteps: totalSteps ?? state.totalSteps,
    isTotalSaid: state.isTotalSaid || totalSteps !== null,
    totalEpochs: totalEpochs ?? state.totalEpochs,
    epoch: epoch ?? state.epoch
  }
}

function afterStep(state: Draft, { step, secondsPerStep }: LineFacts): Draft {
  if (step === null) return state
  const left = state.totalSteps === null ? null : Math.max(0, state.totalSteps - step)
  return {
    ...state,
    step,
    secondsLeft: secondsPerStep === null || left === null ? state.secondsLeft : secondsPerStep * left
  }
}

function afterBar(before: Draft, bar: Bar): Draft {
  if (!isOfThisRun(before, bar)) return before
  const state = bar.epoch === null ? afterRunBar(before, bar) : afterEpochBar(before, bar, bar.epoch)
  return flush(state)
}

/** A bar over all steps of the run. */
const afterRunBar = (state: Draft, bar: Bar): Draft => ({
  ...state,
  step: bar.step,
  totalSteps: bar.total,
  secondsLeft: bar.secondsLeft
})

/** A bar over the steps of one epoch: what is left of the run is known only where the number of epochs is. */
function afterEpochBar(state: Draft, bar: Bar, epoch: number): Draft {
  const totalEpochs = bar.epochs ?? state.totalEpochs
  const isOnly = totalEpochs === 1 || (bar.globalStep !== null && state.framework === 'nemo' && epoch === 0)
  const total = totalEpochs === null ? (isOnly ? bar.total : null) : bar.total * totalEpochs
  return {
    ...state,
    step: bar.globalStep ?? epoch * bar.total + bar.step,
    totalSteps: state.isTotalSaid ? state.totalSteps : total,
    epoch: epoch + bar.step / bar.total,
    totalEpochs,
    secondsLeft: isOnly ? bar.secondsLeft : null
  }
}

/** An evaluation draws a bar of its own, with another total, while that of the training stands still. */
function isOfThisRun({ step, totalSteps, isTotalSaid }: TrainingState, bar: Bar): boolean {
  if (bar.epoch !== null || totalSteps === null || bar.total === totalSteps) return true
  return !isTotalSaid && (bar.total > totalSteps || step === null || step >= totalSteps)
}

function afterLoss(before: Draft, { loss, step, bar }: LineFacts, atMs: number): Draft {
  if (loss === null) return before
  if (loss === 'not-a-number') return { ...flush(before), loss: null, isLossBroken: true }
  const state = flush(before)
  const seen: Draft = { ...state, loss, isLossBroken: false, losses: state.losses + 1 }
  const waiting: Draft = { ...seen, waiting: { loss, atMs } }
  // Only where neither the line nor its bar says the step does the next bar know it better than the last one.
  return step === null && bar === null ? waiting : flush(waiting)
}

/** Gives the waiting loss the step that is known now. */
function flush(state: Draft): Draft {
  const { waiting, step, losses } = state
  if (waiting === null) return state
  addPoint(state.curve, { step: step ?? losses, ...waiting })
  return { ...state, waiting: null }
}

/** As clients see it; null while the log has told of no step and no loss. */
export function progressOf(state: TrainingState): TrainingProgress | null {
  const { step, totalSteps, epoch, loss, secondsLeft, lastCheckpoint } = state
  if (step === null && loss === null && epoch === null && lastCheckpoint === null) return null
  return {
    step: step ?? 'unknown',
    totalSteps: totalSteps ?? 'unknown',
    epoch: epoch ?? 'unknown',
    loss: loss ?? 'unknown',
    secondsLeft: secondsLeft ?? 'unknown',
    lastCheckpoint
  }
}

import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Estimate } from '../../../shared/model/estimate.ts'
import type { Profile, RunnerKind } from '../../../shared/model/runner.ts'
import { RUNNER_SPECS } from '../../../shared/model/specs/index.ts'
import { leastBytes, verdictSentence, type SpokenFor } from '../../../shared/domain/admission/verdict.ts'
import { bytesInWords } from '../../../shared/util/bytes-in-words.ts'

export const waitsForLoad = (label: string): string => `Waits until ${label} has loaded.`
export const waitsForReturn = (label: string): string => `Waits for the memory of ${label} to come back.`
export const waitsForRoom = (missingBytes: number): string =>
  `Waits for ${bytesInWords(missingBytes)}: starts when there is room.`
/** Others may have taken or given back memory while it waited. */
export const LOOKED_AT_ANEW = 'It is its turn: how much memory it takes is looked at once more.'
export const waitsForGuard = (hold: string): string => `Waits for the guard. ${hold}`

/** Settings of a kind that say how long its context is. */
const CONTEXT_KEYS: ReadonlySet<string> = new Set(['maxModelLen', 'contextLength', 'maxSeqLen'])

const hasContext = (kind: RunnerKind): boolean =>
  kind === 'llamacpp' || RUNNER_SPECS[kind].fields.some(({ key }) => CONTEXT_KEYS.has(key))

/** `typed`: what was typed to launch it anyway, and is not its name. */
export function doesNotFit(
  { label, kind }: Pick<Profile, 'label' | 'kind'>,
  { total, confidence }: Estimate,
  {
    allocatableBytes,
    spoken,
    typed
  }: {
    readonly allocatableBytes: number
    readonly spoken: SpokenFor
    readonly typed: string | null
  }
): ContractError {
  const sentence = verdictSentence(label, total, confidence, allocatableBytes, spoken)
  const smaller = hasContext(kind) ? 'give it less context or a smaller model' : 'give it a smaller model'
  const toDo =
    typed === null
      ? `Stop something else, ${smaller}, or let it wait until there is room.`
      : `To launch it anyway, type its name: ${label}.`
  return { code: 'does-not-fit', message: `${sentence} ${toDo}` }
}

/** No wait would help, and no stop of others. */
export const neverFits = (
  { label, kind }: Pick<Profile, 'label' | 'kind'>,
  { total, confidence }: Estimate,
  mostBytes: number
): ContractError => ({
  code: 'does-not-fit',
  message:
    `${label} needs ${bytesInWords(leastBytes(total, confidence))}, but this machine has ${bytesInWords(Math.max(0, mostBytes))} beside ` +
    'what is kept for the desktop: no wait makes room for it. ' +
    (hasContext(kind) ? 'Give it less context, or choose a smaller model.' : 'Choose a smaller model.')
})

/** The kernel's figures could not be read. */
export const notCounted = (label: string): string =>
  `What is free for models could not be read, so nobody knows whether ${label} fits.`

export const cancelled = (label: string): ContractError => ({
  code: 'refused',
  message: `${label} no longer waits to be started.`
})

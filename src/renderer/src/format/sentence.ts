import {
  WATCH_SECONDS_TO_EMPTY,
  WARN_SECONDS_TO_EMPTY,
  isStalled
} from '../../../shared/domain/guard/signs.ts'
import type { LedgerPart } from '../../../shared/model/ledger.ts'
import type { GuardLevel, GuardMode, Live } from '../../../shared/model/status.ts'
import { availableBytes } from './available.ts'
import { bytesWords } from './bytes.ts'
import { aboutText } from './duration.ts'

/** How the guard and the headline both begin it. */
const GONE_IN = 'Memory will be gone in about'

/** What the headline needs of a tick. */
export type HeadlineInput = Pick<
  Live,
  | 'memAvailableBytes'
  | 'perCpuFreeBytes'
  | 'freeForModelsBytes'
  | 'admission'
  | 'guard'
  | 'ledger'
  | 'pressure'
>

/** What is free; while launches have been promised some of it, what is left beside that. */
export const freeWords = ({
  freeForModelsBytes,
  admission
}: Pick<Live, 'freeForModelsBytes' | 'admission'>): string =>
  admission.reservedBytes === 0 ? leftWords(freeForModelsBytes) : roomWords(admission)

const leftWords = (bytes: number): string =>
  bytes > 0 ? `${bytesWords(bytes)} free for models` : 'Nothing left for models'

/** What a launch may take, as the marks reckon: without what running models may still claim. */
export const roomWords = ({ allocatableBytes, reservedBytes }: Live['admission']): string =>
  reservedBytes === 0
    ? leftWords(allocatableBytes)
    : `${leftWords(allocatableBytes)}, ${bytesWords(reservedBytes)} spoken for`

/**
 * The panel's first sentence: what is free, and whether the desktop is safe.
 *
 * Each claim comes from the figure it is about; the level decides only whether 'safe' may be said.
 */
export function headline(live: HeadlineInput): string {
  const { secondsToEmpty, reserveBytes, floorBytes, level } = live.guard
  const available = availableBytes(live)
  const left = `${bytesWords(available)} left`
  if (secondsToEmpty !== null && secondsToEmpty <= WARN_SECONDS_TO_EMPTY) {
    return `${GONE_IN} ${aboutText(secondsToEmpty)}. ${left}.`
  }
  if (secondsToEmpty !== null && secondsToEmpty <= WATCH_SECONDS_TO_EMPTY) {
    return `Memory is falling: ${left}, enough for about ${aboutText(secondsToEmpty)}.`
  }
  const stalled = isStalled(live.pressure)
  if (available >= reserveBytes) {
    const free = freeWords(live)
    if (stalled) return `${free}, but programs are waiting for memory.`
    return level === 'calm' ? `${free}. Desktop safe.` : `${free}.`
  }
  if (stalled) return `Only ${left}, and programs are waiting for memory.`
  if (secondsToEmpty !== null) return `Only ${left}, less than the desktop’s reserve, and falling.`
  if (level === 'emergency' && available < floorBytes) return `Memory is nearly gone: ${left}.`
  return `Nothing left for models. ${left} of the desktop’s reserve.`
}

const LEVEL_WORDS: Readonly<Record<GuardLevel, string>> = {
  calm: 'Calm',
  watch: 'Watch',
  warn: 'Warning',
  act: 'Acting',
  emergency: 'Emergency'
}

/** The level in one word. Where the guard does not act, acting is up to whoever reads it. */
export const levelWord = (level: GuardLevel, mode: GuardMode): string =>
  level === 'act' && (mode === 'off' || mode === 'observe') ? 'Act now' : LEVEL_WORDS[level]

/** The largest holder that can be stopped from here, else the largest that has a name. */
export function largestHolder(parts: readonly LedgerPart[]): LedgerPart | null {
  const largest = (kind: LedgerPart['kind']): LedgerPart | undefined =>
    parts.filter((part) => part.kind === kind && part.bytes > 0).toSorted((a, b) => b.bytes - a.bytes)[0]
  const runner = largest('runner')
  const program = largest('process')
  if (runner === undefined) return program ?? null
  return runner
}

/** Another program, as the one named beside it, may well run a model of its own. */
const NO_MODEL = 'No model started by Firebreak is running.'

/** Second line: why, and what to do next. */
export function advice(live: HeadlineInput): string {
  const holder = largestHolder(live.ledger)
  // Not what the headline has just said.
  const why = live.guard.reasons.find((reason) => !reason.startsWith(GONE_IN))
  const calm = live.guard.level === 'calm'
  if (holder === null) return why ?? NO_MODEL
  const size = bytesWords(holder.bytes)
  if (calm) {
    return holder.kind === 'runner'
      ? `${holder.label} is the largest model: ${size}.`
      : `${NO_MODEL} ${holder.label} is the largest program: ${size}.`
  }
  const wayOut =
    holder.kind === 'runner'
      ? `Stopping ${holder.label} would give about ${size} back.`
      : `${holder.label} holds ${size}; close it to get that back.`
  return why === undefined ? wayOut : `${why} ${wayOut}`
}

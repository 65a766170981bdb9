import type { LedgerPart } from '../../../shared/model/ledger.ts'
import type { GuardLevel, Live } from '../../../shared/model/status.ts'
import { assertNever } from '../../../shared/util/assert-never.ts'
import { bytesWords } from './bytes.ts'
import { aboutText } from './duration.ts'

/** What the headline needs of a tick. */
export type HeadlineInput = Pick<Live, 'memAvailableBytes' | 'freeForModelsBytes' | 'guard' | 'ledger'>

/** The panel's first sentence: what is free, and whether the desktop is safe. */
export function headline(live: HeadlineInput): string {
  const free = bytesWords(live.freeForModelsBytes)
  const left = bytesWords(live.memAvailableBytes)
  const falling = live.guard.secondsToEmpty
  switch (live.guard.level) {
    case 'calm':
      return live.freeForModelsBytes > 0
        ? `${free} free for models. Desktop safe.`
        : `Nothing left for models. The desktop keeps ${left}.`
    case 'watch':
      return `${free} free for models, and falling.`
    case 'warn':
      return `Only ${left} left, less than the desktop’s reserve.`
    case 'act':
      return falling === null
        ? `Memory is short: ${left} left.`
        : `Memory will be gone in about ${aboutText(falling)}. ${left} left.`
    case 'emergency':
      return `Memory is nearly gone: ${left} left.`
    default:
      return assertNever(live.guard.level)
  }
}

/** The level in one word. */
export const LEVEL_WORDS: Readonly<Record<GuardLevel, string>> = {
  calm: 'Calm',
  watch: 'Watch',
  warn: 'Warning',
  act: 'Act now',
  emergency: 'Emergency'
}

/** The largest holder that can be stopped from here, else the largest that has a name. */
export function largestHolder(parts: readonly LedgerPart[]): LedgerPart | null {
  const largest = (kind: LedgerPart['kind']): LedgerPart | undefined =>
    parts.filter((part) => part.kind === kind && part.bytes > 0).toSorted((a, b) => b.bytes - a.bytes)[0]
  const runner = largest('runner')
  const program = largest('process')
  if (runner === undefined) return program ?? null
  return runner
}

/** Second line: why, and what to do next. */
export function advice(live: HeadlineInput): string {
  const holder = largestHolder(live.ledger)
  const why = live.guard.reasons[0]
  const calm = live.guard.level === 'calm'
  if (holder === null) return why ?? 'No model is running.'
  const size = bytesWords(holder.bytes)
  if (calm) {
    return holder.kind === 'runner'
      ? `${holder.label} is the largest model: ${size}.`
      : `No model is running. ${holder.label} is the largest program: ${size}.`
  }
  const wayOut =
    holder.kind === 'runner'
      ? `Stopping ${holder.label} would give about ${size} back.`
      : `${holder.label} holds ${size}; close it to get that back.`
  return why === undefined ? wayOut : `${why} ${wayOut}`
}

import type { GuardAsk, GuardEvent, Incident, Refusal, SentinelStatus } from '../../../shared/model/guard.ts'
import { isKnown } from '../../../shared/model/reading.ts'
import type { GuardMode } from '../../../shared/model/status.ts'
import { undoneAct } from '../../../shared/model/would-have.ts'
import { assertNever } from '../../../shared/util/assert-never.ts'
import { bytesWords } from './bytes.ts'
import { aboutText } from './duration.ts'

export interface ModeWords {
  readonly name: string
  /** One plain sentence: what it does without asking. */
  readonly does: string
}

/** Modes in words; `answerS`: how long a paused model waits for an answer. */
export function modeWords(mode: GuardMode, answerS: number): ModeWords {
  switch (mode) {
    case 'off':
      return {
        name: 'Off',
        does: 'Shows the level and nothing more. If memory runs out, the kernel chooses.'
      }
    case 'observe':
      return { name: 'Observe', does: 'Does nothing, and notes what it would have done.' }
    case 'relaxed':
      return {
        name: 'Relaxed',
        does: 'Pauses a model only below the floor, and waits for your answer as long as it takes, unless memory goes on falling below the floor.'
      }
    case 'balanced':
      return {
        name: 'Balanced',
        does: `Asks while there is time. Pauses a model just before the floor goes; stops it after ${answerS} s without an answer, or at once if memory falls below the floor.`
      }
    case 'strict':
      return { name: 'Strict', does: 'Never asks. Stops a model early, while some of the reserve is left.' }
    case 'custom':
      return { name: 'Custom', does: 'As Balanced, with a reserve and floor of your own.' }
    default:
      return assertNever(mode)
  }
}

/** What happens when nobody answers; `seconds`: left until then, null where there is no limit. */
export function consequence(
  stage: GuardAsk['stage'],
  seconds: number | null,
  mode: GuardMode = 'balanced'
): string {
  if (stage === 'warn') {
    if (seconds === null) return 'Firebreak pauses it if memory reaches the floor.'
    return seconds > 0 ? `Firebreak will pause it in ${aboutText(seconds)}.` : 'Firebreak pauses it now.'
  }
  if (seconds === null) {
    const fall = mode === 'relaxed' ? 'goes on falling below' : 'falls below'
    return `It stays paused until you answer, unless memory ${fall} the floor.`
  }
  return seconds > 0
    ? `Firebreak will stop it in ${aboutText(seconds)}, or at once if memory falls below the floor.`
    : 'Firebreak stops it now.'
}

/** Why somebody is not stopped. */
export const REFUSAL_WORDS: Readonly<Record<Refusal, string>> = {
  pinned: 'You said: never stop this one',
  protected: 'On the list of names that are never stopped',
  'not-allowed': 'Not started by Firebreak'
}

/** One event of the guard in a few words, without its time. */
export function eventWords({
  kind,
  label,
  bytes,
  reasons
}: Pick<GuardEvent, 'kind' | 'label' | 'bytes' | 'reasons'>): string {
  const who = label ?? 'a program'
  const size = isKnown(bytes) ? bytesWords(bytes) : 'an unknown amount'
  switch (kind) {
    case 'warn':
      return `Warned about ${who}`
    case 'would':
      return `Would have ${undoneAct({ reasons }, who)}`
    case 'shrink':
      return `Asked ${who} to give memory back`
    case 'freeze':
      return `Paused ${who}`
    case 'thaw':
      return `Let ${who} go on`
    case 'terminate':
      return `Stopping ${who}`
    case 'kill':
      return `Stopped ${who} by force`
    case 'gone':
      return `${who} is stopped`
    case 'memory-back':
      return `${size} came back`
    case 'memory-missing':
      return `Its memory did not come back; ${size} did`
    case 'failed':
      return `Could not act on ${who}`
    default:
      return assertNever(kind)
  }
}

/** Where nobody acts when memory runs out, in words; empty where the guard does. */
export const idleWords = (mode: GuardMode): string =>
  mode === 'observe' ? 'The guard only observes.' : mode === 'off' ? 'The guard is off.' : ''

/** The kind of an incident in a word or two. */
export const INCIDENT_WORDS: Readonly<Record<Incident['kind'], string>> = {
  acted: 'The guard acted',
  'would-have-acted': 'Would have acted',
  'stopped-answering': 'Machine went down',
  'guard-died': 'Guard ended'
}

export interface SentinelWords {
  readonly tone: 'good' | 'idle' | 'bad'
  readonly word: string
  readonly text: string
}

/** How the sentinel is, for people who never heard of one. */
export function sentinelWords({
  state,
  armedIds
}: Pick<SentinelStatus, 'state' | 'armedIds'>): SentinelWords {
  const count = armedIds.length
  switch (state) {
    case 'guarding':
      return {
        tone: 'good',
        word: 'Guarding',
        text:
          count === 0
            ? 'It watches memory; nobody is there yet who could be stopped.'
            : `It watches memory and can stop ${count === 1 ? 'one program' : `${count} programs`}.`
      }
    case 'starting':
      return { tone: 'idle', word: 'Starting', text: 'It has not answered yet.' }
    case 'gone':
      return {
        tone: 'bad',
        word: 'Restarting',
        text: 'It ended and is being started again. Until it is back nobody acts when memory runs out.'
      }
    case 'off':
      return { tone: 'idle', word: 'Off', text: 'The guard is off: nobody acts when memory runs out.' }
    default:
      return assertNever(state)
  }
}

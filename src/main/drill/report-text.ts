import { isKnown } from '../../shared/model/reading.ts'
import { bytesInWords } from '../../shared/util/bytes-in-words.ts'
import { hasPassed, type Timeline } from './timeline.ts'

/** What the drill saw besides the guard's events. */
export interface DrillFacts {
  readonly takenBytes: number
  /** How the drill's process ended by itself, in words; null: it did not. */
  readonly endedBy: string | null
  /** The lowest available memory that was seen, above the drill's floor. */
  readonly aboveFloorBytes: number
  readonly seconds: number
}

const s = (seconds: number): string => `${seconds.toFixed(1)} s`
const AGAIN = 'Run the drill again when less is going on.'

/** The report's sentence: the three times when it passed, else what did not happen and what to do. */
export function drillText(line: Timeline, facts: DrillFacts): string {
  const did = deeds(line)
  if (hasPassed(line)) return `${did}; ${back(line)}.`
  const sofar = did === '' ? '' : `${did}. `
  if (line.others.length > 0) {
    return (
      `${sofar}But the guard also had to act on ${line.others.join(', ')}: memory was really short during the drill. ` +
      'See Incidents, free some memory, then run it again.'
    )
  }
  if (line.stoppedAtS === null && facts.endedBy !== null) {
    return `${sofar}The drill's own process ended before the guard stopped it (${facts.endedBy}). ${AGAIN} If it ends the same way, something else on this machine ends processes by force: see the conflicts on the Guard page.`
  }
  if (line.failure !== null) {
    return `${sofar}The guard could not act: ${line.failure} See the notes of the sentinel on the Guard page.`
  }
  if (line.stoppedAtS !== null && line.memoryBackAtS === null) {
    return line.memoryMissing
      ? `${sofar}Its memory is not back: other programs took memory meanwhile. ${AGAIN}`
      : `${sofar}No proof came that its memory is back. ${AGAIN}`
  }
  if (line.stoppedAtS !== null && !line.inOrder) {
    return `${sofar}A step was left out, as memory fell faster than the drill takes it: other programs took some too. ${AGAIN}`
  }
  if (facts.aboveFloorBytes > 0) {
    return `${sofar}The drill took ${bytesInWords(facts.takenBytes)}, but memory never came down to its floor: other programs gave back as much meanwhile. ${AGAIN}`
  }
  const missing = line.warnedAtS === null ? 'warn' : line.frozenAtS === null ? 'pause' : 'stop'
  return (
    `${sofar}The guard did not ${missing} within ${s(facts.seconds)} although memory had fallen below the drill's floor. ` +
    'Restart Firebreak, run the drill again, and if it fails again, do not rely on the guard: its log is in the data folder.'
  )
}

/** 'Warned after 2.1 s, paused after 4.0 s, stopped after 7.2 s', as far as it came. */
function deeds(line: Timeline): string {
  const parts: string[] = []
  if (line.warnedAtS !== null) parts.push(`warned after ${s(line.warnedAtS)}`)
  if (line.frozenAtS !== null) parts.push(`paused after ${s(line.frozenAtS)}`)
  if (line.stoppedAtS !== null) parts.push(`stopped after ${s(line.stoppedAtS)}`)
  const text = parts.join(', ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const back = ({ returnedBytes }: Timeline): string =>
  isKnown(returnedBytes) ? `${bytesInWords(returnedBytes)} came back` : 'its memory came back'

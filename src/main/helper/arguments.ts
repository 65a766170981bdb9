import type { Result } from '../../shared/util/result.ts'
import { badUsage, type HelperFailure } from './outcome.ts'

/** All that this program can be asked to do. */
export type HelperCommand =
  | { readonly verb: 'drop-caches' | 'compact-memory' }
  | {
      readonly verb: 'set-oom-score-adj'
      readonly pid: number
      /** Start time of the process: a pid alone may be somebody else's by now. */
      readonly startTicks: number
      readonly adj: number
    }
  | {
      readonly verb: 'install-protection'
      readonly uid: number
      readonly lowBytes: number
      readonly minBytes: number
    }
  | { readonly verb: 'remove-protection'; readonly uid: number }

export const USAGE =
  'usage: drop-caches | compact-memory | set-oom-score-adj PID STARTTICKS ADJ | ' +
  'install-protection --uid N --low BYTES --min BYTES | remove-protection --uid N'

/** People's accounts; below are the system's own, and desktops of theirs are login screens. */
const FIRST_UID = 1000
const NOBODY_UID = 65_534
/** 2^32 − 1 and − 2 mean 'no user' to the kernel and to systemd. */
const LAST_UID = 2 ** 32 - 3
/** /proc/sys/kernel/pid_max is at most this. */
const LAST_PID = 2 ** 22
const LAST_ADJ = 1000

/** Decimal digits and nothing else: no sign, no blank, no exponent, no leading zero. */
function wholeNumber(text: string | undefined, low: number, high: number): number | null {
  if (text === undefined || !/^(?:0|[1-9]\d{0,15})$/.test(text)) return null
  const value = Number(text)
  return Number.isSafeInteger(value) && value >= low && value <= high ? value : null
}

function personsUid(text: string | undefined): number | null {
  const uid = wholeNumber(text, FIRST_UID, LAST_UID)
  return uid === NOBODY_UID ? null : uid
}

/** The verbs in exactly the form of USAGE; anything more, less or in another order is no command. */
export function parseArguments(argv: readonly string[]): Result<HelperCommand, HelperFailure> {
  const command = match(argv)
  return command === null ? badUsage(USAGE) : { ok: true, value: command }
}

function match(argv: readonly string[]): HelperCommand | null {
  const [verb, a, b, c, d, e, f] = argv
  switch (verb) {
    case 'drop-caches':
    case 'compact-memory':
      return argv.length === 1 ? { verb } : null
    case 'set-oom-score-adj': {
      const pid = wholeNumber(a, 1, LAST_PID)
      const startTicks = wholeNumber(b, 0, Number.MAX_SAFE_INTEGER)
      const adj = wholeNumber(c, 0, LAST_ADJ)
      if (argv.length !== 4 || pid === null || startTicks === null || adj === null) return null
      return { verb, pid, startTicks, adj }
    }
    case 'install-protection': {
      const uid = personsUid(b)
      const lowBytes = wholeNumber(d, 1, Number.MAX_SAFE_INTEGER)
      const minBytes = wholeNumber(f, 1, Number.MAX_SAFE_INTEGER)
      if (argv.length !== 7 || a !== '--uid' || c !== '--low' || e !== '--min') return null
      return uid === null || lowBytes === null || minBytes === null ? null : { verb, uid, lowBytes, minBytes }
    }
    case 'remove-protection': {
      const uid = personsUid(b)
      return argv.length === 3 && a === '--uid' && uid !== null ? { verb, uid } : null
    }
    default:
      return null
  }
}

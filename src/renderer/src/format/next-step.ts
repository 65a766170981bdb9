import type { ContractError, ErrorCode } from '../../../shared/contract/errors.ts'

/** What to do about each kind of failure; null where the message itself says it, because each case differs. */
const NEXT_STEPS = {
  'bad-request': null,
  'unknown-command': 'Close this window and open Firebreak again, so that both are of one version.',
  'protocol-mismatch': 'Close this window and open Firebreak again, so that both are of one version.',
  unauthorized: 'Open the address that firebreakctl serve prints, with everything after the #.',
  'payload-too-large': 'Shorten what was typed, the extra arguments above all, and try again.',
  'not-found': 'It may have been deleted elsewhere. The Models page shows what there is.',
  'already-running': 'Stop it first to start it with other settings.',
  'not-running': null,
  'port-in-use': null,
  'model-missing': 'Check the path of the model file, or add its folder in Settings.',
  'model-invalid': 'Choose another model, or download this one again.',
  'runner-missing':
    'Models, New, shows how to install it on this machine; its path can also be given by hand.',
  'runner-failed': 'Open its log to see what it said last.',
  'memory-not-back': 'The Overview shows who holds memory now. A driver may need a moment to give it back.',
  refused: null,
  'does-not-fit': null,
  timeout: 'Try again. If it stays so, open the log to see what it waits for.',
  'settings-invalid': 'Correct the value and save it again.',
  disconnected: 'Firebreak is tried again by itself; models keep running. Try this again when it is back.',
  internal: 'Try again. If it stays so, quit Firebreak and start it again; models keep running.'
} as const satisfies Record<ErrorCode, string | null>

/** An error as a message shows it: what happened, what to do, details to copy. */
export function told(error: ContractError): {
  readonly text: string
  readonly whatToDo: string | null
  readonly detail: string | undefined
} {
  return { text: error.message, whatToDo: NEXT_STEPS[error.code], detail: error.detail }
}

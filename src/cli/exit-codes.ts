import type { ErrorCode } from '../shared/contract/errors.ts'

/** What scripts rely on. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  /** Usage or bad input: the same call can never work. */
  usage: 2,
  /** Understood and not done: not allowed, or not now. */
  refused: 3,
  runnerFailed: 4,
  /** No core to talk to. */
  noCore: 5
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export const EXIT_OF_ERROR = {
  'bad-request': EXIT.usage,
  'unknown-command': EXIT.unexpected,
  'protocol-mismatch': EXIT.noCore,
  unauthorized: EXIT.refused,
  'payload-too-large': EXIT.usage,
  'not-found': EXIT.usage,
  'already-running': EXIT.refused,
  'not-running': EXIT.refused,
  'port-in-use': EXIT.usage,
  'model-missing': EXIT.usage,
  'model-invalid': EXIT.usage,
  'runner-missing': EXIT.runnerFailed,
  'runner-failed': EXIT.runnerFailed,
  'memory-not-back': EXIT.runnerFailed,
  refused: EXIT.refused,
  'does-not-fit': EXIT.refused,
  timeout: EXIT.runnerFailed,
  'settings-invalid': EXIT.usage,
  disconnected: EXIT.noCore,
  internal: EXIT.unexpected
} as const satisfies Record<ErrorCode, ExitCode>

import { z } from 'zod'

/** Every failure a client can meet. Closed: a new code is a change of the contract. */
export const ERROR_CODES = [
  'bad-request',
  'unknown-command',
  'protocol-mismatch',
  'unauthorized',
  'payload-too-large',
  'not-found',
  'already-running',
  'not-running',
  'port-in-use',
  'model-missing',
  'model-invalid',
  'runner-missing',
  'runner-failed',
  'memory-not-back',
  'refused',
  'does-not-fit',
  'timeout',
  'settings-invalid',
  'disconnected',
  'internal'
] as const
export type ErrorCode = (typeof ERROR_CODES)[number]

/** An error as plain data: what happened and, where known, what to do about it. */
export interface ContractError {
  readonly code: ErrorCode
  readonly message: string
  readonly detail?: string | undefined
}

export const contractErrorSchema = z.object({
  code: z.enum(ERROR_CODES),
  message: z.string(),
  detail: z.string().optional()
}) satisfies z.ZodType<ContractError>

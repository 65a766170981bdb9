import type { ContractError } from '../../shared/contract/errors.ts'
import { requestLimit } from '../../shared/contract/wire.ts'
import { NO_ID } from '../transport/envelope.ts'

/** The id to answer to; -1 where the message is too broken to have one. */
export function requestIdOf(raw: unknown): number {
  if (typeof raw !== 'object' || raw === null || !('id' in raw)) return NO_ID
  return typeof raw.id === 'number' && Number.isSafeInteger(raw.id) && raw.id >= 0 ? raw.id : NO_ID
}

/**
 * Why a message is not even looked at: larger than any request, or made of things that JSON has not (IPC clones
 * more than JSON: cycles, BigInt), which the other wires could never carry. Null when it may pass.
 */
export function sizeProblem(raw: unknown): ContractError | null {
  let bytes: number
  try {
    bytes = Buffer.byteLength(JSON.stringify(raw) ?? '')
  } catch (error) {
    return { code: 'bad-request', message: `the request is not plain data: ${String(error)}` }
  }
  const limit = requestLimit(raw)
  if (bytes <= limit) return null
  return {
    code: 'payload-too-large',
    message: `the request has ${bytes} bytes; at most ${limit} are taken`
  }
}

import type { ContractError } from '../../../shared/contract/errors.ts'
import type { EngineFault } from './engine-client.ts'

/** An engine that was there a moment ago and does not do its work: what was asked, and what to do. */
export function faultInWords(asked: string, fault: EngineFault): ContractError {
  switch (fault.kind) {
    case 'aborted':
      return { code: 'disconnected', message: 'It was given up.' }
    case 'absent':
      return {
        code: 'runner-missing',
        message: `The container engine is gone: ${fault.text}. Start it again.`
      }
    case 'denied':
      return { code: 'refused', message: `The container engine may not be used: ${fault.text}.` }
    case 'no-answer':
      return {
        code: 'timeout',
        message: `The container engine was asked ${asked}: ${fault.text}. Restart the engine, then try again.`
      }
    case 'refused':
      return {
        code: 'runner-failed',
        message: `The container engine refused, asked ${asked}: ${fault.text}.`
      }
  }
}

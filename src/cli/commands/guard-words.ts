import type { GuardEvent } from '../../shared/model/guard.ts'

/** What an event of the guard means; --json keeps the contract's own words. */
const WORDS: Readonly<Record<GuardEvent['kind'], string>> = {
  warn: 'warned',
  would: 'would have acted',
  shrink: 'asked for memory',
  freeze: 'paused',
  thaw: 'let go on',
  terminate: 'stopping',
  kill: 'stopped by force',
  gone: 'stopped',
  'memory-back': 'memory back',
  'memory-missing': 'memory missing',
  failed: 'could not act'
}

export const eventInWords = (kind: GuardEvent['kind']): string => WORDS[kind]

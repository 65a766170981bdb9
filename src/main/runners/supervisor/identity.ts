import type { ProcessInfo } from '../../../shared/model/snapshot.ts'

/** A process for sure: pids are reused, a pid with its start time is not. */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTicks: number
}

export const identityKey = (process: ProcessIdentity): string => `${process.pid}:${process.startTicks}`

/** A zombie holds no memory and cannot be signalled any more: for ending and freeing it is gone. */
export const isAlive = (process: ProcessInfo): boolean => process.state !== 'Z' && process.state !== 'X'

import type { ProcessInfo } from '../../../shared/model/snapshot.ts'

/** A process for sure: pids are reused, a pid with its start time is not. */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTicks: number
}

export const identityKey = (process: ProcessIdentity): string => `${process.pid}:${process.startTicks}`

/** 'llama-server (pid 12), sh (pid 13)'. */
export const processesInWords = (processes: readonly ProcessInfo[]): string =>
  processes.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ')

/** A zombie holds no memory and cannot be signalled any more: for ending and freeing it is gone. */
export const isAlive = (process: ProcessInfo): boolean => process.state !== 'Z' && process.state !== 'X'

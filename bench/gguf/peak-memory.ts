import { readFileSync } from 'node:fs'

/** The most that this process has had in memory; getrusage counts what its parent had before it. */
export function peakRssBytes(): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  if (kib === undefined) throw new Error('no VmHWM in /proc/self/status')
  return Number(kib) * 1024
}

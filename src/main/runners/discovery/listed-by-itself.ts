import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunnerKind } from '../../../shared/model/runner.ts'
import { WORKPLACES } from './groups.ts'
import { recogniseRunner } from './recognise.ts'
import type { DiscoveryPorts } from './types.ts'

/**
 * Whether a process below a runner of that kind is a runner by itself in the list of found ones. Read anew each time, as
 * a program becomes another one by exec: some 30 processes below a notebook server at one file each.
 */
export function isListedByItself(
  adapters: DiscoveryPorts['adapters'],
  procRoot: string,
  kind: RunnerKind,
  pid: number
): boolean {
  if (!WORKPLACES.has(kind)) return false
  try {
    const text = readFileSync(join(procRoot, String(pid), 'cmdline'), 'utf8')
    const match = recogniseRunner(adapters, text.replace(/\0$/, '').split('\0'))
    return match !== null && match.kind !== kind
  } catch {
    return false
  }
}

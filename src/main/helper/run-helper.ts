import { parseArguments } from './arguments.ts'
import { compactMemory, dropCaches } from './kernel-memory.ts'
import { raiseScore } from './oom-score.ts'
import { refused, type Outcome } from './outcome.ts'
import { installProtection, removeProtection } from './protection.ts'
import type { Roots } from './roots.ts'

const ROOT_USER = 0

/** Does the one thing that is asked for, or says why not. */
export function runHelper(argv: readonly string[], userId: number, roots: Roots): Outcome {
  const parsed = parseArguments(argv)
  if (!parsed.ok) return parsed
  if (userId !== ROOT_USER) return refused('this must run as root; pkexec or sudo starts it so')
  const command = parsed.value
  switch (command.verb) {
    case 'drop-caches':
      return dropCaches(roots)
    case 'compact-memory':
      return compactMemory(roots)
    case 'set-oom-score-adj':
      return raiseScore(roots, command)
    case 'install-protection':
      return installProtection(roots, command.uid, command)
    case 'remove-protection':
      return removeProtection(roots, command.uid)
  }
}

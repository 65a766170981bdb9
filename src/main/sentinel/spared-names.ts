import { BUILT_IN_PROTECTED, isProtected } from '../../shared/domain/guard/protected.ts'

/** Whether a program of this name is left alone with all that belongs to it. */
export type SparedNames = (name: string) => boolean

/**
 * The built-in list and the user's own. Each name is compared once: the lists are long, the question is asked just
 * before an act, and the processes of a victim mostly share a name.
 */
export function createSparedNames(ownNames: readonly string[]): SparedNames {
  const patterns = [...BUILT_IN_PROTECTED, ...ownNames]
  const known = new Map<string, boolean>()
  return (name) => {
    const before = known.get(name)
    if (before !== undefined) return before
    const isSpared = isProtected([name], patterns)
    known.set(name, isSpared)
    return isSpared
  }
}

/** Who starts a program with Firebreak has it guarded, whatever it is called; it is pinned instead. */
export const NOBODY_SPARED: SparedNames = () => false

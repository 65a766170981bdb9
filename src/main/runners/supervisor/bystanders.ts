import { BUILT_IN_PROTECTED, isProtected } from '../../../shared/domain/guard/protected.ts'
import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import { findInContainer } from './container-members.ts'
import { readMark } from './environment-mark.ts'
import type { LiveProcess } from './live-process.ts'
import type { RunnerRecord } from './state-file.ts'
import type { SupervisorPorts } from './types.ts'

/** Whether a name is on the built-in list or the user's: then no signal is ever sent. */
export const isProtectedName = (name: string, own: readonly string[]): boolean =>
  isProtected([name], [...BUILT_IN_PROTECTED, ...own])

/**
 * Whom the end of a runner that somebody else started leaves alone, though it was started below it: what is on the
 * protected list, and what is somebody's own, as `isOthers` says.
 */
export const sparedBelow =
  (
    { settings }: Pick<SupervisorPorts, 'settings'>,
    isOthers: (process: ProcessInfo) => boolean
  ): ((process: ProcessInfo) => boolean) =>
  (process) =>
    isProtectedName(process.name, settings().guard.protectedNames) || isOthers(process)

/**
 * For one that was taken over as it ran: runners that are listed by themselves, which people start from a notebook,
 * and what any Firebreak has started, itself included. Null for our own launches, to which all below them belongs.
 */
export function sparedBelowAdopted(
  ports: SupervisorPorts,
  { adopted, root, profile }: Pick<RunnerRecord, 'adopted' | 'root' | 'profile'>
): ((process: ProcessInfo) => boolean) | null {
  if (adopted === undefined) return null
  const { procRoot } = ports.places
  // One that an earlier runner of ours left behind carries a mark itself, and so does all below it.
  const ownMark = readMark(procRoot, root.pid)
  return sparedBelow(ports, ({ pid }) => {
    if (pid === process.pid || ports.isListedByItself?.(profile.kind, pid) === true) return true
    const mark = readMark(procRoot, pid)
    return mark !== null && mark !== ownMark
  })
}

/** Why a runner that was taken over may not be stopped now, in words; null: it may, as all that we launched. */
export function stopRefusal(ports: SupervisorPorts, live: LiveProcess): string | null {
  const { adopted, root, container } = live.facts
  if (adopted === undefined) return null
  const { machine, places, settings } = ports
  const processes = machine.processes()
  const isProtectedHere = ({ name }: ProcessInfo): boolean =>
    isProtectedName(name, settings().guard.protectedNames)
  const itself = processes.find(({ pid, startTicks }) => pid === root.pid && startTicks === root.startTicks)
  if (itself !== undefined && isProtectedHere(itself)) {
    return `${itself.name} is on the protected list, which Firebreak never stops. Take it off the list in the settings first.`
  }
  if (container === null) return null
  const inside = new Set(findInContainer(places.procRoot, processes, container.id, root.startTicks))
  const kept = processes.find((one) => inside.has(one.pid) && isProtectedHere(one))
  return kept === undefined
    ? null
    : `${kept.name} in its container is on the protected list, and Firebreak can only stop a container as a whole. ` +
        'Take it off the list in the settings first.'
}

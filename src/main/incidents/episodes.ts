import { runnerIdSchema } from '../../shared/contract/schemas.ts'
import type { GuardEvent, Incident, IncidentPoint, IncidentSummary } from '../../shared/model/guard.ts'
import { joinCurves, trimCurve, withFewHolders } from './curve.ts'
import { storyOf, wouldStory } from './story.ts'

/** Only acts on the machine's own victims are kept; a drill has its report. */
const MAIN_WATCH = 'main'
/** In observe mode one trouble says 'would' again and again. */
const WOULD_EVERY_MS = 300_000
/** How long after its last event an episode of an earlier core may still go on: containers take 5 min to free. */
const RESUME_MS = 600_000
/** A warning belongs to the act that follows it within this time. */
const WARNING_MS = 120_000
/** What is shown around the first act, and before the newest event: five minutes together. */
const BEFORE_MS = 180_000
const AFTER_MS = 60_000
const LATELY_MS = 60_000
/** An incident's list of events: an act and its proof are ten at most, but a frozen runner may be asked about for hours. */
const MOST_EVENTS = 100

const BEGINS: ReadonlySet<GuardEvent['kind']> = new Set(['shrink', 'freeze', 'terminate', 'kill', 'failed'])
const PROOFS: ReadonlySet<GuardEvent['kind']> = new Set(['memory-back', 'memory-missing'])
const STOPS: ReadonlySet<GuardEvent['kind']> = new Set(['terminate', 'kill'])

/** Where incidents are kept. */
export interface IncidentShelf {
  /** Newest first. */
  list(): readonly IncidentSummary[]
  read(id: string): Incident | null
  keep(incident: Incident): void
}

/** Gathers the guard's events into one incident per victim and event, written anew with each: a crash loses none. */
export function createEpisodes(shelf: IncidentShelf): {
  add(event: GuardEvent, curve: () => readonly IncidentPoint[]): void
} {
  const open = new Map<string, Incident>()
  const warnings = new Map<string, GuardEvent>()

  /** The incident this victim's event belongs to: one that runs, or one that an earlier core left unfinished. */
  const running = (victimId: string, event: GuardEvent): Incident | null => {
    const known = open.get(victimId)
    if (known !== undefined) return known
    const left = recent(event).find((one) => victimOf(one) === victimId && !isClosed(one.events))
    return left ?? null
  }

  const recent = (event: GuardEvent): readonly Incident[] =>
    shelf
      .list()
      .filter(({ kind, atMs }) => kind === 'acted' && Math.abs(event.atMs - atMs) <= RESUME_MS)
      .map(({ id }) => shelf.read(id))
      .filter((one) => one !== null)

  const would = (event: GuardEvent, curve: () => readonly IncidentPoint[]): void => {
    const last = shelf.list().find(({ kind }) => kind === 'would-have-acted')
    if (last !== undefined && Math.abs(event.atMs - last.atMs) < WOULD_EVERY_MS) return
    shelf.keep({
      id: freshId('would', event.atMs, shelf),
      atMs: event.atMs,
      kind: 'would-have-acted',
      ...wouldStory(event),
      runnerId: null,
      events: [event],
      curve: trimCurve(curve(), event.atMs)
    })
  }

  return {
    add(event, curve) {
      const { victimId, kind } = event
      if (event.watchId !== MAIN_WATCH || victimId === null) return
      if (kind === 'would') return would(event, curve)
      if (kind === 'warn') {
        warnings.set(victimId, event)
        return
      }
      // A sentinel tells its events again to a core that had not acknowledged them.
      if (recent(event).some(({ events }) => events.some((one) => isSame(one, event)))) return
      const found = running(victimId, event)
      if (found === null && !BEGINS.has(kind)) return
      const before = found ?? begun(victimId, event, warnings.get(victimId), shelf)
      warnings.delete(victimId)
      const events = [...before.events, event].slice(-MOST_EVENTS)
      const incident: Incident = {
        ...before,
        ...storyOf(events.filter((one) => one.kind !== 'warn')),
        events,
        curve: curveOf(before, event, curve())
      }
      if (isClosed(events)) open.delete(victimId)
      else open.set(victimId, incident)
      shelf.keep(incident)
    }
  }
}

function begun(
  victimId: string,
  event: GuardEvent,
  warning: GuardEvent | undefined,
  shelf: IncidentShelf
): Incident {
  const isRecent = warning !== undefined && Math.abs(event.atMs - warning.atMs) <= WARNING_MS
  return {
    id: freshId('acted', event.atMs, shelf),
    atMs: event.atMs,
    kind: 'acted',
    title: '',
    text: '',
    runnerId: runnerIdOf(victimId),
    events: isRecent ? [warning] : [],
    curve: []
  }
}

/** Around the first act, and the newest moments: a runner may have been frozen for hours in between. */
function curveOf(
  incident: Incident,
  event: GuardEvent,
  now: readonly IncidentPoint[]
): readonly IncidentPoint[] {
  const { atMs: actMs } = incident
  return joinCurves(incident.curve, now.map(withFewHolders)).filter(
    ({ atMs }) =>
      (atMs >= actMs - BEFORE_MS && atMs <= actMs + AFTER_MS) || Math.abs(atMs - event.atMs) <= LATELY_MS
  )
}

const isSame = (a: GuardEvent, b: GuardEvent): boolean =>
  a.sequence === b.sequence && a.atMs === b.atMs && a.kind === b.kind

const victimOf = (incident: Incident): string | null =>
  incident.events.find(({ victimId }) => victimId !== null)?.victimId ?? null

/** Proven, or let go on; a thaw after a stop only lets the signal through. */
function isClosed(events: readonly GuardEvent[]): boolean {
  const last = events.at(-1)
  if (last === undefined) return false
  if (PROOFS.has(last.kind)) return true
  return last.kind === 'thaw' && !events.some(({ kind }) => STOPS.has(kind))
}

function freshId(kind: string, atMs: number, shelf: IncidentShelf): string {
  const taken = new Set(shelf.list().map(({ id }) => id))
  const base = `${kind}-${Math.round(atMs)}`
  let id = base
  for (let number = 2; taken.has(id); number += 1) id = `${base}-${number}`
  return id
}

/** Runners are armed under their own id; ids of others ('process:1:2', 'container:3') have a colon. */
export const runnerIdOf = (victimId: string): string | null =>
  runnerIdSchema.safeParse(victimId).success ? victimId : null

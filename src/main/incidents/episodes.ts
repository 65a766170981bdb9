import { runnerIdSchema } from '../../shared/contract/schemas.ts'
import type { GuardEvent, Incident, IncidentPoint, IncidentSummary } from '../../shared/model/guard.ts'
import { joinCurves, trimCurve, withFewHolders } from './curve.ts'
import { storyOf, wouldStory } from './story.ts'

/** Only acts on the machine's own victims are kept; a drill has its report. */
const MAIN_WATCH = 'main'
/** In observe mode one trouble says 'would' again and again. */
const WOULD_EVERY_MS = 300_000
/** How long after its last event an episode may still go on: containers take 5 min to free. */
const RESUME_MS = 600_000
/** How long one that is paused may wait for an answer, and its end still belong to the same act. */
const PAUSED_MS = 86_400_000
/** Incidents of an earlier core that are looked through: the sentinel tells its last 64 events again. */
const LOOKED_THROUGH = 16
/** Events known by heart: four times what the sentinel tells again. */
const MOST_KEYS = 256
/** Victims whose newest incident is known. */
const MOST_VICTIMS = 64
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

/** Gathers the guard's events into one incident per victim and act, kept anew with each event. */
export interface Episodes {
  add(event: GuardEvent, curve: () => readonly IncidentPoint[]): void
  /** Reads what an earlier core left, once; else the first event does. */
  prepare(): void
  /** The newest incident about a victim. */
  ofVictim(victimId: string): string | null
}

export function createEpisodes(shelf: IncidentShelf): Episodes {
  const open = new Map<string, Incident>()
  /** Of events that are in an incident already. */
  const keys = new Set<string>()
  const newest = new Map<string, string>()
  let isPrepared = false
  const warnings = new Map<string, GuardEvent>()

  const prepare = (): void => {
    if (isPrepared) return
    isPrepared = true
    const rows = shelf.list().filter(({ kind }) => kind === 'acted')
    // The oldest first, so that the newest of a victim is the one that stays.
    for (const { id } of rows.slice(0, LOOKED_THROUGH).toReversed()) {
      const left = shelf.read(id)
      if (left === null) continue
      for (const event of left.events) remember(keys, keyOf(event), MOST_KEYS)
      const victimId = victimOf(left)
      if (victimId === null) continue
      if (isClosed(left.events)) open.delete(victimId)
      else open.set(victimId, left)
    }
  }

  /** The incident this event belongs to: one that has not ended, and not so long ago that it must be another's. */
  const running = (victimId: string, event: GuardEvent): Incident | null => {
    const known = open.get(victimId)
    if (known === undefined) return null
    if (mayGoOn(known, event)) return known
    open.delete(victimId)
    return null
  }

  const noteOf = (victimId: string, id: string): void => {
    newest.delete(victimId)
    newest.set(victimId, id)
    for (const oldest of newest.keys()) if (newest.size > MOST_VICTIMS) newest.delete(oldest)
  }

  const would = (victimId: string, event: GuardEvent, curve: () => readonly IncidentPoint[]): void => {
    const last = shelf.list().find(({ kind }) => kind === 'would-have-acted')
    if (last !== undefined && Math.abs(event.atMs - last.atMs) < WOULD_EVERY_MS) return
    const id = freshId('would', event.atMs, shelf)
    noteOf(victimId, id)
    shelf.keep({
      id,
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
      if (kind === 'would') return would(victimId, event, curve)
      if (kind === 'warn') {
        warnings.set(victimId, event)
        return
      }
      // A sentinel tells its events again to a core that had not acknowledged them.
      prepare()
      if (keys.has(keyOf(event))) return
      const found = running(victimId, event)
      if (found === null && !BEGINS.has(kind)) return
      const before = found ?? begun(victimId, event, warnings.get(victimId), shelf)
      warnings.delete(victimId)
      remember(keys, keyOf(event), MOST_KEYS)
      noteOf(victimId, before.id)
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
    },
    prepare,
    ofVictim: (victimId) => newest.get(victimId) ?? null
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

const keyOf = ({ sequence, atMs, kind }: GuardEvent): string => `${sequence} ${atMs} ${kind}`

function remember(keys: Set<string>, key: string, most: number): void {
  keys.add(key)
  for (const oldest of keys) if (keys.size > most) keys.delete(oldest)
}

/** A new pause after that time is another act; the end of one that is still paused is not. */
function mayGoOn({ events }: Incident, event: GuardEvent): boolean {
  const last = events.at(-1)
  if (last === undefined) return false
  const isEndOfPause = last.kind === 'freeze' && event.kind !== 'freeze'
  return Math.abs(event.atMs - last.atMs) <= (isEndOfPause ? PAUSED_MS : RESUME_MS)
}

const victimOf = (incident: Incident): string | null =>
  incident.events.find(({ victimId }) => victimId !== null)?.victimId ?? null

/** Proven, or let go on, or ended by others; a thaw after a stop only lets the signal through. */
function isClosed(events: readonly GuardEvent[]): boolean {
  const last = events.at(-1)
  if (last === undefined) return false
  if (PROOFS.has(last.kind)) return true
  return (last.kind === 'thaw' || last.kind === 'gone') && !events.some(({ kind }) => STOPS.has(kind))
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

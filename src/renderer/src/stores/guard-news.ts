import type { GuardAsk, IncidentSummary } from '../../../shared/model/guard.ts'
import type { Notice } from '../../../shared/model/status.ts'
import { DRILL_WATCH, runnerIdOf } from './guard-acts.ts'

/** Looked through for what is still news: an incident older than these has been seen or put away. */
const LOOKED_AT = 20

/** Whether the notice tells a part of what the incident tells whole: the core says so, titles repeat themselves. */
export const isAboutIncident = (notice: Notice, incident: IncidentSummary): boolean =>
  notice.incidentId === incident.id

/**
 * Serious, and about the guard itself or the settings it acts by: without it one may rely on a guard that is not there.
 * The core names no topic; its words do.
 */
const concernsGuard = ({ severity, text, runnerId, incidentId }: Notice): boolean =>
  severity !== 'info' &&
  runnerId === undefined &&
  incidentId === undefined &&
  /\bthe guard\b|\bsettings\b/i.test(text)

/** Notices newest first, and before all others those of the guard; `folded` is what `all` has beyond `most`, never one of these. */
export function noticesToShow(
  notices: readonly Notice[],
  most: number
): { readonly all: readonly Notice[]; readonly folded: number } {
  const newest = notices.toSorted((a, b) => b.atMs - a.atMs)
  const first = newest.filter(concernsGuard)
  const all = [...first, ...newest.filter((notice) => !concernsGuard(notice))]
  return { all, folded: Math.max(0, all.length - Math.max(most, first.length)) }
}

export interface GuardNewsInput {
  readonly incidents: readonly IncidentSummary[]
  /** Came while this panel looked on, and not put away. */
  readonly freshIds: ReadonlySet<string>
  readonly notices: readonly Notice[]
  readonly ask: GuardAsk | null
}

/**
 * What is to be told of the guard, each thing once: the question first, then incidents, then other notices.
 *
 * The core keeps a notice of an act until somebody dismisses it. That is what makes an older incident still news.
 */
export function guardNews({ incidents, freshIds, notices, ask }: GuardNewsInput): {
  readonly news: readonly IncidentSummary[]
  /** Ids of notices that something above them tells already. */
  readonly toldIds: ReadonlySet<string>
} {
  const askedId = ask === null || ask.watchId === DRILL_WATCH ? null : runnerIdOf(ask.victimId)
  const recent = incidents
    .slice(0, LOOKED_AT)
    .filter((one) => freshIds.has(one.id) || notices.some((notice) => isAboutIncident(notice, one)))
  const told = notices.filter(
    (notice) =>
      (askedId !== null && notice.runnerId === askedId) ||
      recent.some((incident) => isAboutIncident(notice, incident))
  )
  return {
    news: recent.filter((one) => askedId === null || one.runnerId !== askedId),
    toldIds: new Set(told.map(({ id }) => id))
  }
}

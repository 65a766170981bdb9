import type { ContractError } from '../../shared/contract/errors.ts'
import type { GuardEvent, Incident, IncidentPoint, IncidentSummary } from '../../shared/model/guard.ts'
import type { Disposable } from '../../shared/util/disposable.ts'
import type { Result } from '../../shared/util/result.ts'

/** What happened, kept as one file each under the data folder, 0600. */
export interface Incidents extends Disposable {
  /** Reads what an earlier run left: its black box, if it did not end in good order. Call before arming anew. */
  readBlackBox(): IncidentSummary | null
  /** Newest first. */
  list(): readonly IncidentSummary[]
  get(id: string): Result<Incident, ContractError>
  /** Gathers the events of one act into one incident; `curve` gives the last minutes when it is written. */
  onGuardEvent(event: GuardEvent, curve: () => readonly IncidentPoint[]): void
  /** The newest incident about this victim since the start; null where there is none. */
  ofVictim(victimId: string): string | null
  onChange(listener: (incident: IncidentSummary) => void): Disposable
}

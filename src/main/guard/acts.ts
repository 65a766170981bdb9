import type { GuardEvent } from '../../shared/model/guard.ts'

/** Shown on the Guard page; incidents keep the rest. */
const MOST_EVENTS = 50
/** Ends watched for at once. */
const MOST_OPEN = 16

/** What the events of the sentinel add up to: who is frozen, how long an end took, what was done last. */
export interface Acts {
  note(event: GuardEvent): void
  /** Newest first. */
  readonly events: readonly GuardEvent[]
  readonly frozenIds: ReadonlySet<string>
  /** From the first SIGKILL of a victim to its end, once. */
  takeLatency(victimId: string): number | null
}

export function createActs(): Acts {
  let events: readonly GuardEvent[] = []
  const frozenIds = new Set<string>()
  const killedMs = new Map<string, number>()
  const latencies = new Map<string, number>()
  return {
    get events() {
      return events
    },
    frozenIds,
    note(event) {
      events = [event, ...events].slice(0, MOST_EVENTS)
      const { kind, victimId, monotonicMs } = event
      if (victimId === null) return
      if (kind === 'freeze') frozenIds.add(victimId)
      if (kind === 'thaw' || kind === 'gone') frozenIds.delete(victimId)
      if (kind === 'kill' && !killedMs.has(victimId)) killedMs.set(victimId, monotonicMs)
      const killed = killedMs.get(victimId)
      if (kind === 'gone' && killed !== undefined) {
        killedMs.delete(victimId)
        latencies.set(victimId, monotonicMs - killed)
      }
      for (const table of [killedMs, latencies])
        for (const oldest of table.keys()) if (table.size > MOST_OPEN) table.delete(oldest)
    },
    takeLatency(victimId) {
      const latency = latencies.get(victimId) ?? null
      latencies.delete(victimId)
      return latency
    }
  }
}

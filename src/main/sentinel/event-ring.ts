import type { GuardEvent } from '../../shared/model/guard.ts'

/** A whole ladder is about six events: ten acts that no core has seen yet. */
export const MAX_EVENTS = 64

/** Events until a core has kept them; the oldest give way. */
export interface EventRing {
  add(event: Omit<GuardEvent, 'sequence'>): GuardEvent
  /** The core has kept everything up to this one. */
  acknowledge(sequence: number): void
  /** Oldest first. */
  pending(): readonly GuardEvent[]
}

export function createEventRing(): EventRing {
  let events: readonly GuardEvent[] = []
  let last = 0
  return {
    add(event) {
      const numbered = { ...event, sequence: ++last }
      events = [...events, numbered].slice(-MAX_EVENTS)
      return numbered
    },
    acknowledge(sequence) {
      events = events.filter((event) => event.sequence > sequence)
    },
    pending: () => events
  }
}

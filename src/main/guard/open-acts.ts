import type { GuardEvent } from '../../shared/model/guard.ts'
import { isKnown } from '../../shared/model/reading.ts'
import type { ArmedVictim, OpenAct, Watch } from '../sentinel/protocol.ts'

/** The act whose end was not told yet: a sentinel that takes over goes on with it and takes no second victim for it. */
export interface OpenActs {
  note(event: GuardEvent, armed: readonly Watch[]): void
  /** The same watches, the main one with what is open. */
  addTo(watches: readonly Watch[]): readonly Watch[]
}

const MAIN = 'main'

const STAGES: Partial<Readonly<Record<GuardEvent['kind'], OpenAct['stage']>>> = {
  freeze: 'frozen',
  terminate: 'ending',
  kill: 'killed',
  gone: 'pause'
}

const OVER: ReadonlySet<GuardEvent['kind']> = new Set(['thaw', 'memory-back', 'memory-missing'])

export function createOpenActs(): OpenActs {
  let open: OpenAct | null = null
  let processes: ReadonlySet<string> = new Set()

  /** None of those it was done to: somebody started it again. */
  const isAnotherRun = (victim: ArmedVictim): boolean => !keysOf(victim).some((key) => processes.has(key))

  return {
    note(event, armed) {
      const { kind, victimId, watchId } = event
      if (watchId !== MAIN || victimId === null) return
      if (OVER.has(kind)) {
        if (open?.victimId === victimId) open = null
        return
      }
      const stage = STAGES[kind]
      if (stage === undefined || (stage === 'pause' && open?.victimId !== victimId)) return
      const victim = armed.find(({ id }) => id === MAIN)?.victims.find(({ id }) => id === victimId)
      if (open?.victimId !== victimId) processes = new Set(victim === undefined ? [] : keysOf(victim))
      open = {
        victimId,
        label: event.label ?? victimId,
        bytes: victim?.bytes ?? (isKnown(event.bytes) ? event.bytes : 0),
        stage,
        sinceMs: event.monotonicMs,
        availableBytes: event.availableBytes
      }
    },
    addTo(watches) {
      const now = open
      if (now === null) return watches
      return watches.map((watch) => {
        if (watch.id !== MAIN) return watch
        const victim = watch.victims.find(({ id }) => id === now.victimId)
        const isOver = victim !== undefined && isAnotherRun(victim)
        return { ...watch, open: isOver ? { ...now, stage: 'pause' } : now }
      })
    }
  }
}

const keysOf = (victim: ArmedVictim): readonly string[] =>
  victim.processes.map(({ pid, startTicks }) => `${pid}:${startTicks}`)

import { decide } from '../../../../../src/shared/domain/guard/decide.ts'
import {
  initialGuardMemory,
  type Decision,
  type DecideInput,
  type DecideVictim,
  type GuardMemory
} from '../../../../../src/shared/domain/guard/decide.types.ts'
import type { GuardPolicy, GuardReading } from '../../../../../src/shared/model/guard.ts'

export const MIB = 1024 ** 2
export const GIB = 1024 ** 3
export const TOTAL = 121.69 * GIB

export const BALANCED: GuardPolicy = {
  mode: 'balanced',
  reserveBytes: 6 * GIB,
  floorBytes: 2 * GIB,
  restsAtBytes: 'unknown',
  answerMs: 15_000
}

export const readingOf = (monotonicMs: number, availableBytes: number): GuardReading => ({
  monotonicMs,
  memTotalBytes: TOTAL,
  availableBytes,
  stallSomeUs: 'unknown',
  stallFullUs: 'unknown',
  majorFaults: 'unknown',
  swapOutPages: 'unknown',
  allocStalls: 'unknown',
  largestFreeBlockBytes: 'unknown'
})

export const victimOf = (id: string, more: Partial<DecideVictim> = {}): DecideVictim => ({
  id,
  label: id,
  bytes: 60 * GIB,
  stopLatencyMs: 500,
  graceMs: 5_000,
  shrinkableBytes: 0,
  state: 'running',
  ...more
})

interface Done {
  readonly atMs: number
  readonly kind: string
  readonly victimId: string
  readonly availableBytes: number
}

/** A machine of which the test sets memory and victims; it keeps what decide() said. */
export interface Machine {
  nowMs: number
  availableBytes: number
  policy: GuardPolicy
  victims: DecideVictim[]
  /** Added to each reading. */
  signals: (nowMs: number) => Partial<GuardReading>
  memory: GuardMemory
  last: Decision | null
  readonly acts: Done[]
  readonly woulds: Done[]
  step(answer?: DecideInput['answer']): Decision
  /** Lets time pass in ticks; `available` tells what there is after so many ms. */
  run(ms: number, available?: (passedMs: number) => number, tickMs?: number): Decision
  set(id: string, state: DecideVictim['state']): void
}

export function createMachine(policy: Partial<GuardPolicy> = {}): Machine {
  const machine: Machine = {
    nowMs: 1_000_000,
    availableBytes: 40 * GIB,
    policy: { ...BALANCED, ...policy },
    victims: [victimOf('hog'), victimOf('other')],
    signals: () => ({}),
    memory: initialGuardMemory(),
    last: null,
    acts: [],
    woulds: [],
    step(answer = null) {
      const { nowMs, availableBytes, victims } = machine
      const decision = decide({
        nowMs,
        reading: { ...readingOf(nowMs, availableBytes), ...machine.signals(nowMs) },
        policy: machine.policy,
        victims,
        answer,
        memory: machine.memory
      })
      machine.memory = decision.memory
      machine.last = decision
      const { action, would } = decision
      if (action !== null) machine.acts.push({ atMs: nowMs, availableBytes, ...action })
      if (would !== null) machine.woulds.push({ atMs: nowMs, availableBytes, ...would })
      if (action?.kind === 'freeze') machine.set(action.victimId, 'frozen')
      if (action?.kind === 'thaw') machine.set(action.victimId, 'running')
      if (action?.kind === 'terminate' || action?.kind === 'kill') machine.set(action.victimId, 'ending')
      return decision
    },
    run(ms, available = () => machine.availableBytes, tickMs = 25) {
      const beganMs = machine.nowMs
      let decision = machine.last
      while (machine.nowMs - beganMs < ms) {
        machine.nowMs += tickMs
        machine.availableBytes = Math.max(0, available(machine.nowMs - beganMs))
        decision = machine.step()
      }
      if (decision === null) throw new Error('no time passed')
      return decision
    },
    set(id, state) {
      machine.victims = machine.victims.map((victim) => (victim.id === id ? { ...victim, state } : victim))
    }
  }
  return machine
}

export const kinds = (machine: Machine): string[] =>
  machine.acts.map(({ kind, victimId }) => `${kind} ${victimId}`)

/** Falls from what there is until the first act; throws where none comes. */
export function fallUntilActed(machine: Machine, bytesPerS: number): void {
  const acts = machine.acts.length
  machine.run(300, undefined)
  for (let i = 0; i < 100_000 && machine.acts.length === acts; i++) {
    if (machine.availableBytes <= 0) throw new Error('empty, and nobody acted')
    machine.nowMs += 25
    machine.availableBytes -= bytesPerS / 40
    machine.step()
  }
}

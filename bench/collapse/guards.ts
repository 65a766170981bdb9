import { decide } from '../../src/shared/domain/guard/decide.ts'
import { initialGuardMemory, type DecideVictim } from '../../src/shared/domain/guard/decide.types.ts'
import { pace } from '../../src/shared/domain/guard/pace.ts'
import { restMs } from '../../src/main/sentinel/rest.ts'
import { floorBytes, reserveBytes } from '../../src/shared/domain/guard/thresholds.ts'
import type { GuardPolicy, GuardReading } from '../../src/shared/model/guard.ts'
import type { Reading } from '../../src/shared/model/reading.ts'
import type { Curve } from './curve.ts'
import type { World } from './world.ts'

const GIB = 1024 ** 3

export interface Play {
  readonly curve: Curve
  readonly world: World
  readonly fromS: number
  readonly untilS: number
  /** Level at which the model is known to rest, GiB. */
  readonly restsAtGib: number | null
  /** What the guard believes. */
  readonly stopLatencyMs: number
}

export interface Played {
  /** How many others than the one that takes memory were acted on. */
  readonly wrongVictims: number
}

const NONE: Played = { wrongVictims: 0 }

export type Guard = (play: Play) => Played

const UNKNOWN: Reading = 'unknown'
const ANSWER_MS = 15_000
const GRACE_MS = 10_000
const HOG = 'hog'
const BYSTANDER = 'bystander'

/** The real decide() and pauses on simulated time: mode balanced, nobody answers, all other signals missing. */
const firebreak: Guard = ({ curve, world, fromS, untilS, restsAtGib, stopLatencyMs }) => {
  const total = curve.memTotalGib * GIB
  const policy: GuardPolicy = {
    mode: 'balanced',
    reserveBytes: reserveBytes(total, null),
    floorBytes: floorBytes(total, null),
    restsAtBytes: restsAtGib === null ? UNKNOWN : restsAtGib * GIB,
    answerMs: ANSWER_MS
  }
  let memory = initialGuardMemory()
  let state: DecideVictim['state'] = 'running'
  let wrongVictims = 0
  for (let atS = fromS; atS < untilS;) {
    const nowMs = atS * 1000
    const reading: GuardReading = {
      monotonicMs: nowMs,
      memTotalBytes: total,
      availableBytes: world.read(atS) * GIB,
      stallSomeUs: UNKNOWN,
      stallFullUs: UNKNOWN,
      majorFaults: UNKNOWN,
      swapOutPages: UNKNOWN,
      allocStalls: UNKNOWN,
      largestFreeBlockBytes: UNKNOWN
    }
    if (world.goneAtS !== null && atS >= world.goneAtS) state = 'gone'
    const common = { bytes: 60 * GIB, stopLatencyMs, graceMs: GRACE_MS, shrinkableBytes: 0 }
    const { action, memory: next } = decide({
      nowMs,
      reading,
      policy,
      victims: [
        { ...common, id: HOG, label: HOG, state },
        { ...common, id: BYSTANDER, label: BYSTANDER, state: 'running' }
      ],
      answer: null,
      memory
    })
    memory = next
    if (action?.victimId === BYSTANDER) wrongVictims += 1
    else if (action?.kind === 'thaw') {
      world.thaw(atS)
      state = 'running'
    } else if (action !== null) {
      world.act(atS, action.kind === 'freeze' ? 'freeze' : 'stop')
      state = action.kind === 'freeze' ? 'frozen' : 'ending'
    }
    atS += restMs(pace(memory, policy), reading.availableBytes - policy.reserveBytes) / 1000
  }
  return { wrongVictims }
}

/** A floor looked at in fixed steps. */
const fixedFloor =
  (floorGib: number, everyS: number): Guard =>
  ({ world, fromS, untilS }) => {
    for (let atS = fromS; atS < untilS; atS += everyS) {
      if (world.read(atS) >= floorGib) continue
      world.act(atS, 'stop')
      return NONE
    }
    return NONE
  }

/** TERM at 10 %, KILL at 5 % (nearly the same here: each takes effect after the latency). */
const EARLYOOM_TERM = 0.1
/** Its assumed speed of fall, GiB/s, which sets how long it sleeps. */
const EARLYOOM_FILL = 6000 / 1024
const EARLYOOM_SLEEP_S = [0.1, 1] as const

/**
 * earlyoom on a machine without swap (its defaults need swap to be low as well), with luck in its choice of victim.
 *
 * `whole`: what its percentage is of.
 */
const earlyoom =
  (whole: (availableGib: number, memTotalGib: number) => number): Guard =>
  ({ curve, world, fromS, untilS }) => {
    for (let atS = fromS; atS < untilS;) {
      const available = world.read(atS)
      const limit = EARLYOOM_TERM * whole(available, curve.memTotalGib)
      if (available <= limit) {
        world.act(atS, 'stop')
        return NONE
      }
      const [least, most] = EARLYOOM_SLEEP_S
      atS += Math.min(most, Math.max(least, (available - limit) / EARLYOOM_FILL))
    }
    return NONE
  }

/** Private memory of programs beside the model, GiB: GPU memory is in neither term of earlyoom 1.8's sum. */
const ANON_GIB = 6

export const GUARDS: Readonly<Record<string, Guard>> = {
  firebreak,
  none: () => NONE,
  'earlyoom-1.7': earlyoom((_, total) => total),
  'earlyoom-1.8': earlyoom((available) => available + ANON_GIB),
  'floor-8gib-1hz': fixedFloor(8, 1),
  'floor-5gib-3s': fixedFloor(5, 3)
}

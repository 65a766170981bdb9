import type { Decision, DecideInput, GuardMemory } from '../../shared/domain/guard/decide.types.ts'
import { initialGuardMemory } from '../../shared/domain/guard/decide.types.ts'
import type { GuardAnswer, GuardEvent, GuardPolicy, GuardReading } from '../../shared/model/guard.ts'
import type { Disposable } from '../../shared/util/disposable.ts'
import { createProof, type Proof } from './proof.ts'
import type { ArmedVictim, OpenAct, Watch, WatchStatus } from './protocol.ts'
import { createSparedNames, NOBODY_SPARED, type SparedNames } from './spared-names.ts'
import { createVictim, type Victim, type VictimParts } from './victim.ts'

type NewEvent = Omit<GuardEvent, 'sequence'>

/** What a watch needs of its surroundings. */
export interface WatchParts extends VictimParts {
  readonly decide: (input: DecideInput) => Decision
  readonly pace: (memory: GuardMemory, policy: GuardPolicy) => number
  readonly nowMs: () => number
  /** Every figure read anew, for the moment before an act. */
  readonly readFresh: () => GuardReading | null
  readonly onEvent: (event: NewEvent) => void
  readonly onShrink: (watchId: string, victimId: string) => void
}

/** One set of thresholds and victims as it runs: decides with each reading, acts, tells what it did. */
export interface RunningWatch extends Disposable {
  readonly id: string
  readonly reserveBytes: number
  update(watch: Watch): void
  answer(victimId: string, choice: GuardAnswer): void
  /** Decides and acts. */
  step(reading: GuardReading | null): void
  /** null before the first step. */
  readonly decision: Decision | null
  status(): WatchStatus
  /** From now to the next look. */
  paceMs(): number
  /** Somebody armed still runs. */
  anyAlive(): boolean
  /** Lets those it froze go on, before it is disposed: nobody will be asked about them any more. */
  thaw(why: string): void
  readonly victims: readonly Victim[]
}

const NOT_LISTED = 'It is not to be stopped any more, so it runs on.'

/** Not one of Firebreak's runners: their ids are slugs. */
const isForeign = (armed: ArmedVictim): boolean => armed.id.includes(':')

export function createWatch(first: Watch, parts: WatchParts): RunningWatch {
  let watch = first
  let spares = NOBODY_SPARED
  let victims: readonly Victim[] = []
  let memory: GuardMemory = initialGuardMemory()
  let decision: Decision | null = null
  let answer: DecideInput['answer'] = null
  let lastWould = ''
  let warned = false
  const proofs = new Map<Victim, Proof>()
  const told = new WeakSet<Victim>()
  let availableNow = 0
  /** What decide() calls each: a run that begins while an earlier one of its name ends is somebody else. */
  const keys = new Map<Victim, string>()
  let runs = 0

  const keyOf = (victim: Victim): string => keys.get(victim) ?? victim.armed.id
  const byKey = (key: string | undefined): Victim | null =>
    victims.find((victim) => keyOf(victim) === key) ?? null
  const sparesOf = (armed: ArmedVictim): SparedNames => (isForeign(armed) ? spares : NOBODY_SPARED)
  const newVictim = (armed: ArmedVictim, isAnotherRun: boolean): Victim => {
    const victim = createVictim(armed, sparesOf(armed), parts)
    keys.set(victim, isAnotherRun ? `${armed.id}\n${++runs}` : armed.id)
    return victim
  }
  const letGo = (victim: Victim): void => {
    victim.dispose()
    keys.delete(victim)
  }

  const tell = (kind: NewEvent['kind'], victim: Victim | null, more: Partial<NewEvent> = {}): void =>
    parts.onEvent({
      atMs: parts.nowMs(),
      monotonicMs: parts.monotonicMs(),
      watchId: watch.id,
      kind,
      victimId: victim?.armed.id ?? null,
      label: victim?.armed.label ?? null,
      reasons: decision?.reasons ?? [],
      availableBytes: availableNow,
      floorBytes: watch.policy.floorBytes,
      secondsToEmpty: decision?.secondsToEmpty ?? null,
      bytes: victim?.armed.bytes ?? 'unknown',
      ...more
    })

  const decideWith = (reading: GuardReading | null): Decision =>
    parts.decide({
      nowMs: parts.monotonicMs(),
      reading,
      policy: watch.policy,
      victims: victims
        .filter((victim) => victim.underAct || victim.reach() !== 'none')
        .map((victim) => {
          const { label, bytes, stopLatencyMs, graceMs, shrinkableBytes } = victim.armed
          return {
            id: keyOf(victim),
            label,
            bytes,
            stopLatencyMs,
            graceMs,
            shrinkableBytes,
            state: victim.state()
          }
        }),
      answer,
      memory
    })

  const thawOne = (victim: Victim, why: string): void => {
    victim.act('thaw')
    tell('thaw', victim, { reasons: [why] })
    if (memory.episode?.victimId !== keyOf(victim)) return
    // The fall in older readings is that event's: it must not begin the next one.
    memory = { ...memory, episode: null, points: memory.points.slice(-1) }
  }

  const tellGone = (victim: Victim): void => {
    if (told.has(victim)) return
    told.add(victim)
    tell('gone', victim)
  }

  const perform = (action: NonNullable<Decision['action']>, availableBytes: number): void => {
    const victim = byKey(action.victimId)
    if (victim === null) return
    if (action.kind === 'shrink') {
      parts.onShrink(watch.id, victim.armed.id)
      tell('shrink', victim, { availableBytes })
      return
    }
    const report = victim.act(action.kind)
    const monotonicMs = report.firstSignalMs ?? parts.monotonicMs()
    tell(action.kind, victim, { availableBytes, monotonicMs })
    if (report.refused > 0) {
      const reasons = ['Some of its processes belong to another user and could not be signalled.']
      tell('failed', victim, { availableBytes, reasons })
    }
    if (action.kind === 'terminate' || action.kind === 'kill') {
      if (!proofs.has(victim)) proofs.set(victim, createProof(victim.armed))
    }
  }

  /** What has become of those it did something to. */
  const follow = (reading: GuardReading | null): void => {
    for (const victim of victims) {
      if (!victim.underAct) continue
      victim.sweep()
      const gone = victim.state() === 'gone'
      if (gone) tellGone(victim)
      const result =
        reading === null ? null : proofs.get(victim)?.step(reading.monotonicMs, reading.availableBytes, gone)
      if (result === null || result === undefined) continue
      proofs.delete(victim)
      tell(result.back ? 'memory-back' : 'memory-missing', victim, { bytes: result.bytes })
    }
  }

  const tellWarnings = (availableBytes: number): void => {
    if (decision === null) return
    const { ask, would, level } = decision
    const calm = level === 'calm' || level === 'watch'
    if (calm) {
      warned = false
      lastWould = ''
    } else if (!warned) {
      warned = true
      const victim = byKey(ask?.victimId)
      tell('warn', victim, { availableBytes })
    }
    const wouldKey = would === null ? '' : `${would.kind} ${would.victimId}`
    if (would !== null && wouldKey !== lastWould) {
      lastWould = wouldKey
      const victim = byKey(would.victimId)
      const what = `Would ${would.kind} ${victim?.armed.label ?? would.victimId}.`
      tell('would', victim, { availableBytes, reasons: [what, ...decision.reasons] })
    }
  }

  const update = (next: Watch): void => {
    watch = next
    spares = createSparedNames(next.protectedNames ?? [])
    const before = new Set(victims)
    const wanted = next.victims.map((armed: ArmedVictim) => {
      const namesakes = [...before].filter((victim) => victim.armed.id === armed.id)
      // One that was ended and is over, or has none of these processes: the same name is a new run.
      const known = namesakes.find(
        (victim) => !victim.underAct || !(victim.isOther(armed) || victim.state() === 'gone')
      )
      if (known === undefined) return newVictim(armed, namesakes.length > 0)
      before.delete(known)
      known.update(armed, sparesOf(armed))
      return known
    })
    const kept: Victim[] = []
    for (const victim of before) {
      if (next.keepsOthers === true && isForeign(victim.armed) && victim.state() !== 'gone') {
        victim.update(victim.armed, spares)
        if (!victim.isSpared()) {
          kept.push(victim)
          continue
        }
      }
      // Whoever is off the list is not to be stopped any more; only one told to end already is followed to its end.
      if (victim.isFrozen) {
        if (victim.state() === 'gone') tellGone(victim)
        else thawOne(victim, NOT_LISTED)
      }
      const busy = proofs.has(victim) || (victim.underAct && victim.state() !== 'gone')
      if (busy) kept.push(victim)
      else letGo(victim)
    }
    victims = [...wanted, ...kept]
  }

  const isSpared = (action: Decision['action']): boolean => {
    const victim = action === null ? null : byKey(action.victimId)
    return victim !== null && !victim.underAct && victim.isSpared()
  }

  const askOf = (ask: NonNullable<Decision['ask']>): WatchStatus['ask'] => {
    const armed = byKey(ask.victimId)?.armed
    return { ...ask, victimId: armed?.id ?? ask.victimId, label: armed?.label ?? '' }
  }

  /** Goes on where an earlier sentinel stopped: never a second victim for one event. */
  const resume = (open: OpenAct): void => {
    const victim = byKey(open.victimId)
    const state = victim?.state() ?? 'gone'
    if (open.stage === 'frozen' && victim !== null) {
      if (state === 'running') return
      if (state === 'frozen') victim.resume('frozen')
    } else if (victim !== null && state !== 'gone' && open.stage !== 'pause') {
      victim.resume(open.stage === 'killed' ? 'killed' : 'terminated')
      proofs.set(victim, createProof(victim.armed))
    }
    const nowMs = parts.monotonicMs()
    const { victimId, label, bytes, availableBytes } = open
    const isThere = victim !== null && state !== 'gone'
    memory = {
      ...memory,
      episode: {
        victimId,
        label,
        bytes,
        graceMs: victim?.armed.graceMs ?? 0,
        stage: isThere ? open.stage : 'pause',
        // One that waits frozen is asked about anew.
        sinceMs: open.stage === 'frozen' ? nowMs : Math.min(nowMs, open.sinceMs),
        availableAtStart: availableBytes,
        lowestBytes: availableBytes,
        fallBytesPerS: 0,
        keepFrozen: false,
        again: false,
        wentOn: false,
        recoveredSinceMs: null
      }
    }
  }

  update(first)
  if (first.open !== undefined) resume(first.open)
  return {
    id: first.id,
    get reserveBytes() {
      return watch.policy.reserveBytes
    },
    get decision() {
      return decision
    },
    get victims() {
      return victims
    },
    update,
    answer(victimId, choice) {
      const namesakes = victims.filter((victim) => victim.armed.id === victimId)
      const meant = namesakes.find((victim) => keyOf(victim) === decision?.ask?.victimId) ?? namesakes[0]
      answer = { victimId: meant === undefined ? victimId : keyOf(meant), choice }
    },
    step(reading) {
      let next = decideWith(reading)
      let newest = reading
      if (next.action !== null) {
        // An act takes two readings that agree; the second is microseconds old and decides.
        newest = parts.readFresh()
        next = decideWith(newest)
        // Whoever is spared is in the next decision no more.
        for (let left = victims.length; left > 0 && isSpared(next.action); left--) next = decideWith(newest)
      }
      answer = null
      memory = next.memory
      decision = next
      const availableBytes = newest?.availableBytes ?? 0
      availableNow = availableBytes
      if (next.action !== null) perform(next.action, availableBytes)
      tellWarnings(availableBytes)
      follow(newest)
    },
    status() {
      const ask = decision?.ask ?? null
      return {
        id: watch.id,
        level: decision?.level ?? 'calm',
        reasons: decision?.reasons ?? [],
        secondsToEmpty: decision?.secondsToEmpty ?? null,
        ask: ask === null ? null : askOf(ask),
        holdLaunches: decision?.holdLaunches ?? false
      }
    },
    paceMs: () => parts.pace(memory, watch.policy),
    anyAlive: () => victims.some((victim) => victim.state() !== 'gone'),
    thaw(why) {
      for (const victim of victims) if (victim.isFrozen && victim.state() !== 'gone') thawOne(victim, why)
    },
    dispose() {
      for (const victim of victims) letGo(victim)
      victims = []
      proofs.clear()
    }
  }
}

import {
  claimableBytes,
  outstandingBytes,
  roomFor,
  type Room
} from '../../../shared/domain/admission/ledger.ts'
import {
  leastBytes,
  verdictOf,
  verdictSentence,
  type SpokenFor
} from '../../../shared/domain/admission/verdict.ts'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Estimate, Verdict } from '../../../shared/model/estimate.ts'
import type { Profile, RunnerState } from '../../../shared/model/runner.ts'
import { disposable } from '../../../shared/util/disposable.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import { createClaims, promisedBytes, type Claim } from './claims.ts'
import { estimateInTime } from './estimate-in-time.ts'
import type { Admission, AdmissionPorts, LaunchTicket, LaunchWish } from './types.ts'
import {
  cancelled,
  doesNotFit,
  LOOKED_AT_ANEW,
  neverFits,
  notCounted,
  waitsForGuard,
  waitsForLoad,
  waitsForRoom
} from './words.ts'

/** One that does not fit is estimated anew once what is available has changed by this much … */
const ANEW_BYTES = 1024 ** 3
/** … and not more often than this: a planner may be asked for it. */
const ANEW_MS = 5_000

/** A launch that is asked for and not granted yet. */
interface Waiter {
  readonly profile: Profile
  /** Made anew before it is granted: some servers take a share of what is free then. */
  estimate: Estimate
  estimatedAt: { readonly availableBytes: number; readonly ms: number }
  /** The estimate is of this very look. */
  isFresh: boolean
  /** Why it is estimated anew right now; null: it is not. */
  asking: 'grant' | 'room' | null
  wish: LaunchWish
  /** It fits: what it needs is kept for it while it waits for its turn. */
  isReserved: boolean
  /** Null once it is granted; empty before the first look. */
  words: string | null
  refusal: ContractError | null
  note: LaunchTicket['note']
  claim: Claim | null
  readonly onWords: (words: string) => void
  readonly settle: (turn: Result<void, ContractError>) => void
}

export function createAdmission(ports: AdmissionPorts): Admission {
  const claims = createClaims(ports)
  let waiting: readonly Waiter[] = []
  let isOpen = true
  let isLooking = false

  const room = (exceptId: string | null, availableBytes: number): Room =>
    roomFor({
      availableBytes,
      reserveBytes: ports.reserveBytes(),
      reserved: [
        ...claims.reservations(exceptId),
        ...waiting
          .filter(({ isReserved, profile }) => isReserved && profile.id !== exceptId)
          .map(({ estimate }) => ({ bytes: promisedBytes(estimate), takenBytes: 0 }))
      ],
      growing: claims.growing(exceptId)
    })

  /** The same in words: whose it is. */
  const spokenFor = (exceptId: string): SpokenFor => ({
    freeBytes: ports.availableBytes() - ports.reserveBytes(),
    promised: [
      ...claims.reservations(exceptId).map((one) => ({
        label: one.label,
        bytes: outstandingBytes(one),
        doing: doingOf(one.state)
      })),
      ...waiting
        .filter(({ isReserved, profile }) => isReserved && profile.id !== exceptId)
        .map(({ profile, estimate }) => ({
          label: profile.label,
          bytes: promisedBytes(estimate),
          doing: 'is about to load'
        }))
    ],
    growing: claims
      .growing(exceptId)
      .map((one) => ({ label: one.label, bytes: claimableBytes(one), doing: null }))
  })

  const mostBytes = (): number => ports.memTotalBytes() - ports.reserveBytes()
  const isBeyond = ({ estimate: { total, confidence } }: Waiter): boolean =>
    leastBytes(total, confidence) > mostBytes()

  /** Without a figure of what is available nobody can say that it does not fit. */
  const judge = ({ profile, estimate }: Waiter): { verdict: Verdict; allocatableBytes: number } => {
    const availableBytes = ports.availableBytes()
    const { allocatableBytes } = room(profile.id, availableBytes)
    const { total, confidence } = estimate
    const verdict = availableBytes > 0 ? verdictOf(total, confidence, allocatableBytes) : 'unknown'
    return { verdict, allocatableBytes }
  }

  const estimatedNow = (): Waiter['estimatedAt'] => ({
    availableBytes: ports.availableBytes(),
    ms: ports.clock.monotonicMs()
  })

  /** Nothing runs between the answer and the look that judges by it. */
  const estimateAnew = (waiter: Waiter, asking: 'grant' | 'room'): void => {
    const isAsked = waiter.asking !== null
    waiter.asking = asking
    if (isAsked) return
    void estimateInTime(ports, waiter.profile).then((estimate) => {
      waiter.asking = null
      if (!waiting.includes(waiter)) return
      const isWorse = estimate.confidence === 'unknown' && waiter.estimate.confidence !== 'unknown'
      if (!isWorse) waiter.estimate = estimate
      waiter.estimatedAt = estimatedNow()
      lookWith(waiter)
    })
  }

  const isOutdated = ({ estimatedAt }: Waiter): boolean =>
    Math.abs(ports.availableBytes() - estimatedAt.availableBytes) >= ANEW_BYTES &&
    ports.clock.monotonicMs() - estimatedAt.ms >= ANEW_MS

  /** The name typed passes who loads. Nobody passes the guard, nor memory that is just coming back. */
  const blockerOf = (waiter: Waiter): string | null => {
    const hold = ports.hold()
    if (hold !== null) return waitsForGuard(hold)
    if (isTyped(waiter.profile, waiter.wish)) return claims.returning()
    const next = waiting.find((one) => one !== waiter && one.asking === 'grant' && one.isReserved)
    return next === undefined ? claims.blocker() : waitsForLoad(next.profile.label)
  }

  const end = (waiter: Waiter, turn: Result<void, ContractError>): void => {
    waiting = waiting.filter((one) => one !== waiter)
    waiter.settle(turn)
  }

  const grant = (waiter: Waiter, verdict: Verdict, allocatableBytes: number): void => {
    const { profile, estimate } = waiter
    waiter.claim = claims.grant(profile, estimate)
    waiter.words = null
    waiter.note = noteOf(profile.label, estimate, verdict, allocatableBytes, spokenFor(profile.id))
    end(waiter, ok(undefined))
  }

  const refuse = (waiter: Waiter, refusal: ContractError): void => {
    waiter.refusal = refusal
    end(waiter, err(refusal))
  }

  const say = (waiter: Waiter, words: string): void => {
    if (waiter.words === words) return
    waiter.words = words
    waiter.onWords(words)
  }

  /** Grants, goes on waiting or refuses. A launch that does not fit is passed by a later one that does. */
  const decide = (waiter: Waiter): void => {
    const { profile, estimate, wish } = waiter
    waiter.isReserved = false
    const { verdict, allocatableBytes } = judge(waiter)
    const blocker = blockerOf(waiter)
    if (verdict !== 'does-not-fit' || isTyped(profile, wish)) {
      waiter.isReserved = true
      if (blocker !== null) say(waiter, blocker)
      else if (waiter.isFresh) grant(waiter, verdict, allocatableBytes)
      else {
        say(waiter, LOOKED_AT_ANEW)
        estimateAnew(waiter, 'grant')
      }
    } else if (wish.waits) {
      say(waiter, waitsForRoom(leastBytes(estimate.total, estimate.confidence) - allocatableBytes))
      if (isOutdated(waiter)) estimateAnew(waiter, 'room')
    } else if (blocker !== null && (waiter.words !== '' || claims.returning() !== null)) say(waiter, blocker)
    else if (isBeyond(waiter) && wish.phrase === null) {
      refuse(waiter, neverFits(profile, estimate, mostBytes()))
    } else {
      const spoken = spokenFor(profile.id)
      refuse(waiter, doesNotFit(profile, estimate, { allocatableBytes, spoken, typed: wish.phrase }))
    }
  }

  const look = (): void => {
    // Who is told something may change something: that is seen in the same look.
    if (isLooking) return
    isLooking = true
    try {
      for (const waiter of waiting) if (waiting.includes(waiter)) decide(waiter)
    } finally {
      isLooking = false
    }
  }

  const lookWith = (fresh: Waiter): void => {
    fresh.isFresh = true
    look()
    fresh.isFresh = false
  }

  const release = (waiter: Waiter): void => {
    if (waiting.includes(waiter)) end(waiter, err(cancelled(waiter.profile.label)))
    else if (waiter.claim !== null) claims.drop(waiter.claim)
    look()
  }

  return {
    async ask(profile, wish, onWords) {
      const estimate = await estimateInTime(ports, profile)
      if (!isOpen) return err({ code: 'disconnected', message: 'Firebreak is ending.' })
      const { promise: turn, resolve: settle } = Promise.withResolvers<Result<void, ContractError>>()
      const waiter: Waiter = {
        profile,
        estimate,
        estimatedAt: estimatedNow(),
        isFresh: false,
        asking: null,
        wish,
        isReserved: false,
        words: '',
        refusal: null,
        note: null,
        claim: null,
        onWords: (words) => isOpen && onWords(words),
        settle
      }
      if (wish.waits && isBeyond(waiter) && !isTyped(profile, wish)) {
        return err(neverFits(profile, estimate, mostBytes()))
      }
      // From looking to reserving nothing else runs: that is what makes two launches at once safe.
      waiting = [...waiting, waiter]
      lookWith(waiter)
      if (waiter.refusal !== null) return err(waiter.refusal)
      return ok({
        get waitsFor() {
          return waiter.words
        },
        get note() {
          return waiter.note
        },
        turn,
        insist(wanted, phrase) {
          const isSame = JSON.stringify(wanted) === JSON.stringify(profile)
          if (!isSame || !waiting.includes(waiter) || !isTyped(profile, { phrase })) return false
          waiter.wish = { ...waiter.wish, phrase }
          look()
          return true
        },
        release: () => release(waiter)
      })
    },
    update(views) {
      claims.update(views)
      look()
    },
    status(availableBytes = ports.availableBytes()) {
      const kept = waiting
        .filter(({ isReserved }) => isReserved)
        .map(({ profile: { id, label }, estimate }) => ({
          id,
          label,
          bytes: promisedBytes(estimate),
          takenBytes: 0
        }))
      return {
        ...room(null, availableBytes),
        reservations: [...claims.reservations(null), ...kept].map(({ id, label, bytes, takenBytes }) => ({
          runnerId: id,
          label,
          bytes,
          takenBytes
        })),
        waiting: waiting.map(({ profile, words }) => ({
          runnerId: profile.id,
          label: profile.label,
          text: words ?? ''
        }))
      }
    },
    allocatableBytes: (exceptId) => room(exceptId, ports.availableBytes()).allocatableBytes,
    ...disposable(() => {
      isOpen = false
      for (const waiter of waiting) end(waiter, err(cancelled(waiter.profile.label)))
    })
  }
}

function doingOf(state: RunnerState | null): string {
  if (state === 'stopping') return 'is stopping'
  return state === 'ready' ? 'has just loaded' : 'is loading'
}

/** The phrase is its name, so that nobody launches another one than he thinks of. */
const isTyped = ({ label, id }: Profile, { phrase }: Pick<LaunchWish, 'phrase'>): boolean => {
  const typed = phrase?.trim() ?? ''
  return typed !== '' && (typed === label.trim() || typed === id)
}

function noteOf(
  label: string,
  { total, confidence }: Estimate,
  verdict: Verdict,
  allocatableBytes: number,
  spoken: SpokenFor
): LaunchTicket['note'] {
  if (verdict === 'fits') return null
  if (verdict === 'unknown' && confidence !== 'unknown') return { text: notCounted(label), whatToDo: null }
  const text = verdictSentence(label, total, confidence, allocatableBytes, spoken)
  if (verdict === 'unknown') return { text, whatToDo: null }
  return verdict === 'tight'
    ? { text, whatToDo: 'It is started. Should memory run short, the guard acts.' }
    : { text, whatToDo: 'It is started all the same, as its name was typed. The guard stays armed.' }
}

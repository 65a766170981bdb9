import { roomFor, type Room } from '../../../shared/domain/admission/ledger.ts'
import { verdictOf, verdictSentence } from '../../../shared/domain/admission/verdict.ts'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type { Estimate, Verdict } from '../../../shared/model/estimate.ts'
import type { Profile } from '../../../shared/model/runner.ts'
import { disposable } from '../../../shared/util/disposable.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import { createClaims, promisedBytes, type Claim } from './claims.ts'
import { estimateInTime } from './estimate-in-time.ts'
import type { Admission, AdmissionPorts, LaunchTicket, LaunchWish } from './types.ts'
import { cancelled, doesNotFit, neverFits, notCounted, waitsForGuard, waitsForRoom } from './words.ts'

/** A launch that is asked for and not granted yet. */
interface Waiter {
  readonly profile: Profile
  readonly estimate: Estimate
  readonly wish: LaunchWish
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

  /** Without a figure of what is available nobody can say that it does not fit. */
  const judge = ({ profile, estimate }: Waiter): { verdict: Verdict; allocatableBytes: number } => {
    const availableBytes = ports.availableBytes()
    const { allocatableBytes } = room(profile.id, availableBytes)
    const { total, confidence } = estimate
    const verdict = availableBytes > 0 ? verdictOf(total, confidence, allocatableBytes) : 'unknown'
    return { verdict, allocatableBytes }
  }

  const end = (waiter: Waiter, turn: Result<void, ContractError>): void => {
    waiting = waiting.filter((one) => one !== waiter)
    waiter.settle(turn)
  }

  const grant = (waiter: Waiter, verdict: Verdict, allocatableBytes: number): void => {
    const { profile, estimate } = waiter
    waiter.claim = claims.grant(profile, estimate)
    waiter.words = null
    waiter.note = noteOf(profile.label, estimate, verdict, allocatableBytes)
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
    const hold = ports.hold()
    const blocker = hold === null ? claims.blocker() : waitsForGuard(hold)
    if (verdict !== 'does-not-fit' || isTyped(profile, wish)) {
      waiter.isReserved = true
      if (blocker === null) grant(waiter, verdict, allocatableBytes)
      else say(waiter, blocker)
    } else if (wish.waits) say(waiter, waitsForRoom(estimate.total.expectedBytes - allocatableBytes))
    else if (blocker !== null && (waiter.words !== '' || claims.isReturning())) say(waiter, blocker)
    else refuse(waiter, doesNotFit(profile.label, estimate, allocatableBytes, wish.phrase))
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
        wish,
        isReserved: false,
        words: '',
        refusal: null,
        note: null,
        claim: null,
        onWords: (words) => isOpen && onWords(words),
        settle
      }
      const mostBytes = ports.memTotalBytes() - ports.reserveBytes()
      if (wish.waits && estimate.total.expectedBytes > mostBytes && !isTyped(profile, wish)) {
        return err(neverFits(profile.label, estimate, mostBytes))
      }
      // From looking to reserving nothing else runs: that is what makes two launches at once safe.
      waiting = [...waiting, waiter]
      look()
      if (waiter.refusal !== null) return err(waiter.refusal)
      return ok({
        get waitsFor() {
          return waiter.words
        },
        get note() {
          return waiter.note
        },
        turn,
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
    ...disposable(() => {
      isOpen = false
      for (const waiter of waiting) end(waiter, err(cancelled(waiter.profile.label)))
    })
  }
}

/** The phrase is its name, so that nobody launches another one than he thinks of. */
const isTyped = ({ label, id }: Profile, { phrase }: LaunchWish): boolean => {
  const typed = phrase?.trim() ?? ''
  return typed !== '' && (typed === label.trim() || typed === id)
}

function noteOf(
  label: string,
  { total, confidence }: Estimate,
  verdict: Verdict,
  allocatableBytes: number
): LaunchTicket['note'] {
  if (verdict === 'fits') return null
  if (verdict === 'unknown' && confidence !== 'unknown') return { text: notCounted(label), whatToDo: null }
  const text = verdictSentence(label, total, confidence, allocatableBytes)
  if (verdict === 'unknown') return { text, whatToDo: null }
  return verdict === 'tight'
    ? { text, whatToDo: 'It is started. Should memory run short, the guard acts.' }
    : { text, whatToDo: 'It is started all the same, as its name was typed. The guard stays armed.' }
}

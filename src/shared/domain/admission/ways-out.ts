import type { WayOut } from '../../model/estimate.ts'
import { llamaCppWays } from './llamacpp-ways.ts'
import { roomWays } from './room-ways.ts'
import { shareWays } from './share-ways.ts'
import { verdictOf } from './verdict.ts'
import { betterFor, createTrial, type WaysOutInput } from './ways-out-input.ts'

export type { OtherQuant, RoomMaker, ServerNeed, WaysOutInput } from './ways-out-input.ts'

/** More than so many other files are no choice any more. */
const MOST_QUANTS = 2

/**
 * What can be done about a launch that does not fit, or is tight: only what helps, with what it would come to.
 * First what changes this launch, then what makes room, then waiting, and last to do it anyway.
 */
export function waysOut(input: WaysOutInput): readonly WayOut[] {
  const { profile, estimate, allocatableBytes, mostBytes } = input
  const now = verdictOf(estimate.total, estimate.confidence, allocatableBytes)
  if (now === 'fits' || now === 'unknown') return []
  const trial = createTrial(input)
  const ways: WayOut[] = [
    ...(profile.kind === 'llamacpp' ? llamaCppWays(profile, trial, input) : shareWays(profile, trial, input)),
    ...otherQuants(input),
    ...roomWays(input)
  ]
  if (now === 'tight') return ways
  // What exceeds the machine itself never gets room.
  if (verdictOf(estimate.total, estimate.confidence, mostBytes) !== 'does-not-fit') {
    ways.push({ kind: 'wait', label: 'Wait, and start when there is room' })
  }
  ways.push({
    kind: 'anyway',
    label: 'Start anyway; the guard stays armed and may stop it',
    phrase: profile.label
  })
  return ways
}

/** The largest ones that help: what is lost in quality is least. */
function otherQuants({ estimate, allocatableBytes, quants }: WaysOutInput): readonly WayOut[] {
  const now = verdictOf(estimate.total, estimate.confidence, allocatableBytes)
  return quants
    .map((quant) => ({ ...quant, verdict: verdictOf(quant.total, quant.confidence, allocatableBytes) }))
    .filter(({ verdict }) => betterFor(estimate.confidence)(verdict, now))
    .toSorted((one, other) => other.total.expectedBytes - one.total.expectedBytes)
    .slice(0, MOST_QUANTS)
    .map(({ path, label, total, verdict }) => ({ kind: 'model', label, modelPath: path, total, verdict }))
}

import type { Growing, Reserved } from '../../../shared/domain/admission/ledger.ts'
import type { Estimate } from '../../../shared/model/estimate.ts'
import type { Profile, RunnerState, RunnerView } from '../../../shared/model/runner.ts'
import { estimateInTime } from './estimate-in-time.ts'
import type { AdmissionPorts } from './types.ts'
import { waitsForLoad, waitsForReturn } from './words.ts'

/**
 * After it is ready, until what it holds is taken for what it rests at: the driver's figures and the process table
 * are looked at once a second or more often.
 */
export const SETTLE_MS = 3_000

/** States in which it may hold memory; one that restarts has ended, and asks anew. */
const HOLDING: ReadonlySet<RunnerState> = new Set(['starting', 'loading', 'ready', 'stopping'])

/** One runner that was launched, or was found running. */
export interface Claim {
  readonly id: string
  readonly label: string
  /** Null: not known, or not yet. */
  estimate: Estimate | null
  /** Null: none any more, or never, as for one that was found running. */
  reservedBytes: number | null
  takenBytes: number
  /** Monotonic; null while it loads. */
  readyAtMs: number | null
  readyBytes: number
  /** Its processes were seen, or are about to be. */
  state: RunnerState | null
  /** Not launched through here: an earlier core's, or somebody else's. */
  readonly isFound: boolean
  /** A container's image is fetched, which takes as long as it takes and no memory. */
  isFetching: boolean
}

/** What runners were promised and may still claim. */
export interface Claims {
  grant(profile: Profile, estimate: Estimate): Claim
  /** Gives a promise back where nothing came of it. */
  drop(claim: Claim): void
  update(views: readonly RunnerView[]): void
  /** Who must be waited for before another may load, in words; null: nobody. */
  blocker(): string | null
  /** Whether a stop is under way that will give memory back. */
  isReturning(): boolean
  reservations(exceptId: string | null): readonly (Reserved & Pick<Claim, 'id' | 'label'>)[]
  growing(exceptId: string | null): readonly Growing[]
}

/** What a launch is promised: its peak, or the best guess where that is a wide interval. */
export const promisedBytes = ({ confidence, total }: Estimate): number =>
  confidence === 'unknown' ? total.expectedBytes : total.peakBytes

export function createClaims(ports: AdmissionPorts): Claims {
  const claims = new Map<string, Claim>()
  let views: readonly RunnerView[] = []

  const find = (view: RunnerView): Claim => {
    const claim: Claim = { ...newClaim(view), isFound: true, state: view.state }
    claims.set(view.id, claim)
    const profile = ports.profileOf(view.id)
    if (profile === null) return claim
    void estimateInTime(ports, profile).then((estimate) => (claim.estimate = estimate))
    return claim
  }

  const note = (claim: Claim, view: RunnerView, nowMs: number): void => {
    const { state, bytes, pids } = view
    claim.state = state
    claim.takenBytes = bytes.gpuBytes + bytes.hostBytes
    claim.isFetching = state === 'starting' && pids.length === 0 && isContainer(ports.profileOf(view.id))
    if (state !== 'ready') return
    if (claim.readyAtMs === null) {
      claim.readyAtMs = nowMs
      claim.readyBytes = claim.takenBytes
    }
    if (claim.reservedBytes === null) return
    claim.readyBytes = Math.max(claim.readyBytes, claim.takenBytes)
    if (nowMs - claim.readyAtMs >= SETTLE_MS) claim.reservedBytes = null
  }

  const others = (exceptId: string | null): readonly Claim[] =>
    [...claims.values()].filter(({ id }) => id !== exceptId)

  return {
    grant(profile, estimate) {
      const claim: Claim = { ...newClaim(profile), estimate, reservedBytes: promisedBytes(estimate) }
      claims.set(profile.id, claim)
      return claim
    },
    drop(claim) {
      if (claims.get(claim.id) === claim && claim.state === null) claims.delete(claim.id)
    },
    update(next) {
      views = next
      const nowMs = ports.clock.monotonicMs()
      for (const view of next) {
        const claim = claims.get(view.id)
        if (HOLDING.has(view.state)) note(claim ?? find(view), view, nowMs)
        else if (claim !== undefined && claim.state !== null) claims.delete(view.id)
      }
      const ids = new Set(next.map(({ id }) => id))
      for (const { id, state } of claims.values()) if (state !== null && !ids.has(id)) claims.delete(id)
    },
    blocker() {
      const loading = [...claims.values()].find(isLoading)
      if (loading !== undefined) return waitsForLoad(loading.label)
      const stopping = views.find(({ state }) => state === 'stopping')
      return stopping === undefined ? null : waitsForReturn(stopping.label)
    },
    isReturning: () => views.some(({ state }) => state === 'stopping'),
    reservations: (exceptId) =>
      others(exceptId).flatMap(({ id, label, reservedBytes, takenBytes }) =>
        reservedBytes === null ? [] : [{ id, label, bytes: reservedBytes, takenBytes }]
      ),
    growing: (exceptId) => others(exceptId).flatMap(growthOf)
  }
}

const newClaim = ({ id, label }: Pick<Profile, 'id' | 'label'>): Claim => ({
  id,
  label,
  estimate: null,
  reservedBytes: null,
  takenBytes: 0,
  readyAtMs: null,
  readyBytes: 0,
  state: null,
  isFound: false,
  isFetching: false
})

/** Promised memory that it has not taken yet, and it is not ready: another one beside it would blur both. */
function isLoading({ state, reservedBytes, takenBytes, isFetching }: Claim): boolean {
  if (reservedBytes === null || isFetching) return false
  if (state !== null && state !== 'starting' && state !== 'loading') return false
  return reservedBytes === 0 || takenBytes < reservedBytes
}

function growthOf(claim: Claim): readonly Growing[] {
  const { estimate, reservedBytes, readyAtMs, readyBytes, takenBytes: nowBytes, isFound } = claim
  if (estimate === null || reservedBytes !== null) return []
  const { growthBytes } = estimate
  const mostBytes = promisedBytes(estimate)
  // Found while it loads: all it lacks is still to come.
  if (readyAtMs === null) return [{ growthBytes: mostBytes, readyBytes: 0, nowBytes }]
  if (!isFound) return [{ growthBytes, readyBytes, nowBytes }]
  // Part of its growth may have come before it was found.
  return [{ growthBytes, readyBytes: Math.min(readyBytes, Math.max(0, mostBytes - growthBytes)), nowBytes }]
}

const isContainer = (profile: Profile | null): boolean => profile !== null && profile.container !== null

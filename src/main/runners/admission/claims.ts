import type { Growing, Reserved } from '../../../shared/domain/admission/ledger.ts'
import { isReadyFirst } from '../../../shared/domain/admission/ready-first.ts'
import type { Estimate, EstimatePartId } from '../../../shared/model/estimate.ts'
import type { Profile, RunnerKind, RunnerState, RunnerView } from '../../../shared/model/runner.ts'
import { estimateInTime } from './estimate-in-time.ts'
import type { AdmissionPorts } from './types.ts'
import { waitsForLoad, waitsForReturn } from './words.ts'

/**
 * After it is ready, until what it holds is taken for what it rests at: the driver's figures and the process table
 * are looked at once a second or more often.
 */
export const SETTLE_MS = 3_000

/** One that loads holds up others for this long after it last took memory: servers that only start take seconds … */
export const QUIET_MS = 10_000
/** … or where much is still to come, as servers compile for minutes between their weights and their caches. */
export const LARGE_QUIET_MS = 180_000
const LARGE_BYTES = 1024 ** 3
/** Less than this is a program at work, not a load. */
const GROWN_BYTES = 32 * 1024 ** 2

/** They hold no model: what they take as they start holds up nobody. */
const WITHOUT_MODEL: ReadonlySet<RunnerKind> = new Set(['open-webui', 'jupyterlab'])
/** Parts that may be pages of a file, which the kernel counts as available. */
const MAPPABLE: ReadonlySet<EstimatePartId> = new Set(['weights-device', 'weights-host', 'mmproj'])

/** States in which it may hold memory; one that restarts has ended, and asks anew. */
const HOLDING: ReadonlySet<RunnerState> = new Set(['starting', 'loading', 'ready', 'stopping'])

/** One runner that was launched, or was found running. */
export interface Claim {
  readonly id: string
  readonly label: string
  /** As it was launched; null: there is none. */
  readonly profile: Profile | null
  /** Null: not known, or not yet. */
  estimate: Estimate | null
  /** Null: none any more, or never, as for one that was found running. */
  reservedBytes: number | null
  takenBytes: number
  gpuBytes: number
  /** The most pages of files that it was seen to map. */
  fileBytes: number
  /** When it last took memory, monotonic, and what it had then. */
  grewAtMs: number
  grownBytes: number
  /** Monotonic; null while it loads, and while nobody knows what it holds on the GPU. */
  readyAtMs: number | null
  readyBytes: number
  /** Its processes were seen, or are about to be. */
  state: RunnerState | null
  /** Not launched through here: an earlier core's, or somebody else's. */
  readonly isFound: boolean
  /** A container's image is fetched, which takes as long as it takes and no memory. */
  isFetching: boolean
  isFrozen: boolean
}

/** What runners were promised and may still claim. */
export interface Claims {
  grant(profile: Profile, estimate: Estimate): Claim
  /** Gives a promise back where nothing came of it. */
  drop(claim: Claim): void
  update(views: readonly RunnerView[]): void
  /** Who must be waited for before another may load, in words; null: nobody. */
  blocker(): string | null
  /** The stop under way that will give memory back, in words; null: none is. */
  returning(): string | null
  reservations(exceptId: string | null): readonly (Reserved & Pick<Claim, 'id' | 'label' | 'state'>)[]
  growing(exceptId: string | null): readonly (Growing & Pick<Claim, 'label'>)[]
}

/** What a launch is promised: its peak, or the best guess where that is a wide interval. */
export const promisedBytes = ({ confidence, total }: Estimate): number =>
  confidence === 'unknown' ? total.expectedBytes : total.peakBytes

export function createClaims(ports: AdmissionPorts): Claims {
  const claims = new Map<string, Claim>()
  let views: readonly RunnerView[] = []

  const find = (view: RunnerView): Claim => {
    const profile = ports.profileOf(view.id)
    const claim: Claim = { ...newClaim(view, profile), isFound: true, state: view.state }
    claims.set(view.id, claim)
    if (profile === null) return claim
    void estimateInTime(ports, profile).then((estimate) => (claim.estimate = estimate))
    return claim
  }

  const note = (claim: Claim, view: RunnerView, nowMs: number): void => {
    const { state, bytes, pids } = view
    claim.state = state
    claim.takenBytes = bytes.gpuBytes + bytes.hostBytes
    claim.gpuBytes = bytes.gpuBytes
    claim.fileBytes = Math.max(claim.fileBytes, bytes.fileBytes)
    claim.isFetching =
      state === 'starting' && pids.length === 0 && (claim.profile?.container ?? null) !== null
    claim.isFrozen = view.frozen
    if (claim.isFetching || claim.isFrozen || claim.takenBytes >= claim.grownBytes + GROWN_BYTES) {
      claim.grewAtMs = nowMs
      claim.grownBytes = Math.max(claim.grownBytes, claim.takenBytes)
    }
    // What it holds when it is ready must be known, or the rest of it would count as grown since.
    if (state !== 'ready' || !ports.isGpuKnown()) return
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

  const returning = (): string | null => {
    const stopping = views.find(({ state }) => state === 'stopping')
    return stopping === undefined ? null : waitsForReturn(stopping.label)
  }

  return {
    grant(profile, estimate) {
      const claim: Claim = {
        ...newClaim(profile, profile),
        estimate,
        reservedBytes: promisedBytes(estimate),
        grewAtMs: ports.clock.monotonicMs()
      }
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
      const nowMs = ports.clock.monotonicMs()
      const loading = [...claims.values()].find((claim) => isLoading(claim, nowMs))
      return loading === undefined ? returning() : waitsForLoad(loading.label)
    },
    returning,
    reservations: (exceptId) =>
      others(exceptId).flatMap(({ id, label, state, reservedBytes, takenBytes }) =>
        reservedBytes === null ? [] : [{ id, label, state, bytes: reservedBytes, takenBytes }]
      ),
    growing: (exceptId) =>
      others(exceptId).flatMap((claim) => growthOf(claim).map((one) => ({ ...one, label: claim.label })))
  }
}

const newClaim = ({ id, label }: Pick<Profile, 'id' | 'label'>, profile: Profile | null): Claim => ({
  id,
  label,
  profile,
  estimate: null,
  reservedBytes: null,
  takenBytes: 0,
  gpuBytes: 0,
  fileBytes: 0,
  grewAtMs: 0,
  grownBytes: 0,
  readyAtMs: null,
  readyBytes: 0,
  state: null,
  isFound: false,
  isFetching: false,
  isFrozen: false
})

/**
 * Not ready, and still taking memory, or about to: another one beside it would blur both. One that hangs holds up
 * others for a while, one that is paused does not; what either was promised stays reserved.
 */
function isLoading(claim: Claim, nowMs: number): boolean {
  const { state, profile, reservedBytes, takenBytes, isFetching, isFrozen, grewAtMs } = claim
  if (reservedBytes === null || isFetching || isFrozen) return false
  if (state !== null && state !== 'starting' && state !== 'loading') return false
  if (profile !== null && WITHOUT_MODEL.has(profile.kind)) return false
  // Of what nothing is known, all may be still to come.
  const isLarge = reservedBytes === 0 || reservedBytes - takenBytes > LARGE_BYTES
  return nowMs - grewAtMs < (isLarge ? LARGE_QUIET_MS : QUIET_MS)
}

function growthOf(claim: Claim): readonly Growing[] {
  const { profile, estimate, reservedBytes, readyAtMs, readyBytes, takenBytes: nowBytes, isFound } = claim
  if (estimate === null || reservedBytes !== null) return []
  const mostBytes = promisedBytes(estimate)
  // Found while it loads: all it lacks is still to come.
  if (readyAtMs === null) return [{ growthBytes: mostBytes, readyBytes: 0, nowBytes }]
  const { growthBytes, total } = estimate
  const mapped = { growthBytes: mappedBytes(claim, estimate), readyBytes: 0, nowBytes: 0 }
  // What it is expected to take comes after it is ready, whatever was seen to grow in other runs.
  if (profile !== null && isReadyFirst(profile)) {
    if (isFound)
      return [{ growthBytes: Math.max(growthBytes, total.expectedBytes), readyBytes: 0, nowBytes }, mapped]
    const most = Math.max(growthBytes, total.expectedBytes - readyBytes)
    return [{ growthBytes: most, readyBytes, nowBytes }, mapped]
  }
  // Part of its growth may have come before it was found.
  const atReady = isFound ? Math.min(readyBytes, Math.max(0, mostBytes - growthBytes)) : readyBytes
  return [{ growthBytes, readyBytes: atReady, nowBytes }, mapped]
}

/**
 * Weights that it reads from pages of their file: available by the kernel's figures, and read anew from the disk for
 * each token once others have them. What lies on the GPU needs no pages any more.
 */
function mappedBytes({ fileBytes, gpuBytes }: Claim, { parts }: Estimate): number {
  const weights = parts.reduce((sum, part) => sum + (MAPPABLE.has(part.id) ? part.expectedBytes : 0), 0)
  return Math.min(fileBytes, Math.max(0, weights - gpuBytes))
}

import type { Estimate } from '../../../shared/model/estimate.ts'
import type { Profile } from '../../../shared/model/runner.ts'
import type { AdmissionPorts } from './types.ts'

/** Headers are read in milliseconds and a planner answers in a second or two; a launch waits no longer than this. */
export const ESTIMATE_DEADLINE_MS = 5_000

const NOTHING = { lowBytes: 0, expectedBytes: 0, peakBytes: 0 }

/** The estimate, or one that knows nothing and says why: a launch is not refused for what could not be told. */
export async function estimateInTime(
  ports: Pick<AdmissionPorts, 'estimate' | 'isDiscrete' | 'logger'>,
  profile: Profile
): Promise<Estimate> {
  if (ports.isDiscrete()) return unknownEstimate('The GPU has memory of its own, which is not counted.')
  const { promise: late, resolve } = Promise.withResolvers<Estimate>()
  const timer = setTimeout(
    () => resolve(unknownEstimate(`It was not estimated within ${ESTIMATE_DEADLINE_MS / 1_000} s.`)),
    ESTIMATE_DEADLINE_MS
  )
  try {
    return await Promise.race([asked(ports, profile), late])
  } finally {
    clearTimeout(timer)
  }
}

async function asked(
  { estimate, logger }: Pick<AdmissionPorts, 'estimate' | 'logger'>,
  profile: Profile
): Promise<Estimate> {
  try {
    return (await estimate(profile)).estimate
  } catch (error) {
    logger.error(`${profile.id} could not be estimated`, error)
    const reason = error instanceof Error ? error.message : String(error)
    return unknownEstimate(`It could not be estimated: ${reason}.`)
  }
}

/** Of what nothing could be told, and why. */
const unknownEstimate = (note: string): Estimate => ({
  parts: [],
  total: NOTHING,
  growthBytes: 0,
  source: 'formula',
  confidence: 'unknown',
  notes: [note],
  bytesPerContextToken: null,
  activeWeightBytes: null
})

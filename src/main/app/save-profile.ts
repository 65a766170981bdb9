import type { ContractError } from '../../shared/contract/errors.ts'
import type { Profile } from '../../shared/model/runner.ts'
import { err, type Result } from '../../shared/util/result.ts'
import { thresholdProblem } from '../settings/bounds.ts'
import type { HandlerParts } from './handler-parts.ts'

/** Saves a profile whose floor fits this machine and its reserve; the guard looks at the change at once. */
export async function saveProfile(
  { settings, live, runners, lookAnew }: Pick<HandlerParts, 'settings' | 'live' | 'runners' | 'lookAnew'>,
  profile: Profile
): Promise<Result<Profile, ContractError>> {
  const { reserveBytes } = settings.get()
  const memTotalBytes = live()?.memTotalBytes ?? null
  const wrong =
    profile.floorBytes === null || memTotalBytes === null
      ? null
      : thresholdProblem({ reserveBytes, floorBytes: profile.floorBytes }, memTotalBytes)
  if (wrong !== null) return err(wrong)
  const saved = await runners.saveProfile(profile)
  if (saved.ok) lookAnew()
  return saved
}

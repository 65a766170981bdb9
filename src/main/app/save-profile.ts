import type { ContractError } from '../../shared/contract/errors.ts'
import type { Profile } from '../../shared/model/runner.ts'
import { err, type Result } from '../../shared/util/result.ts'
import { thresholdProblem } from '../settings/bounds.ts'
import type { HandlerParts } from './handler-parts.ts'

/** Saves a profile whose floor fits this machine and its reserve; the guard looks at the change at once. */
export async function saveProfile(
  {
    settings,
    live,
    runners,
    playbooks,
    lookAnew
  }: Pick<HandlerParts, 'settings' | 'live' | 'runners' | 'playbooks' | 'lookAnew'>,
  given: Profile
): Promise<Result<Profile, ContractError>> {
  // One that is not here yet stays named as it is: a start will look for it again.
  const found = await playbooks.withModel(given)
  const profile = found.ok ? found.value : given
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

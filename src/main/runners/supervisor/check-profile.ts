import type { ContractError } from '../../../shared/contract/errors.ts'
import { profileSchema } from '../../../shared/contract/schemas.ts'
import type { Profile } from '../../../shared/model/runner.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'

/** A profile as the contract allows it, its defaults filled in; what is wrong with it, in words. */
export function checkProfile(profile: Profile): Result<Profile, ContractError> {
  const parsed = profileSchema.safeParse(profile)
  if (parsed.success) return ok(parsed.data)
  const issue = parsed.error.issues[0]
  const message = `The profile is not valid: ${issue?.path.join('.')}: ${issue?.message}`
  return err({ code: 'bad-request', message })
}

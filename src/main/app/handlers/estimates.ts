import type { ContractError } from '../../../shared/contract/errors.ts'
import type { FieldSettings, Profile, RunnerKind } from '../../../shared/model/runner.ts'
import { ok, type Result } from '../../../shared/util/result.ts'
import { checkProfile } from '../../runners/supervisor/check-profile.ts'
import { findTarget } from '../../runners/supervisor/find-target.ts'
import type { Handlers } from '../../transport/dispatcher.ts'
import type { HandlerParts } from '../handler-parts.ts'

export function estimatesHandlers(
  parts: HandlerParts
): Pick<Handlers, 'models.facts' | 'estimate.get' | 'estimate.profile' | 'estimate.models'> {
  const { estimates, playbooks } = parts
  return {
    'models.facts': ({ path, kind }) => estimates.facts(path, kind),
    async 'estimate.get'({ target, kind, settings }) {
      const profile = await profileOf(parts, target, settings, kind)
      return profile.ok ? estimates.view(profile.value) : profile
    },
    async 'estimate.profile'({ profile }) {
      // One whose model is not here yet is estimated as it is: that it is missing is what there is to say.
      const found = await playbooks.withModel(profile)
      return estimates.view(found.ok ? found.value : profile)
    },
    'estimate.models': async () => ok(await estimates.models())
  }
}

/** What a start of it would launch; nothing is saved. */
async function profileOf(
  { ports, runners, playbooks, models }: HandlerParts,
  target: string,
  settings: FieldSettings | undefined,
  kind: RunnerKind | undefined
): Promise<Result<Profile, ContractError>> {
  const profiles = runners.profiles()
  const found = await findTarget(
    { target, settings, kind, homeDir: ports.places.homeDir },
    () => ({ profiles, isTaken: (id) => profiles.some((profile) => profile.id === id) }),
    {
      findPlaybook: playbooks.profileOf,
      findModels: async () =>
        (await models.list()).models.filter(({ format, isPartial }) => format === 'gguf' && !isPartial)
    }
  )
  if (!found.ok) return found
  const checked = checkProfile(found.value.profile)
  return checked.ok ? playbooks.withModel(checked.value) : checked
}

import { isAbsolute, join, normalize } from 'node:path'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type { LlamaCppSettings, Profile } from '../../../shared/model/runner.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import { defaultLlamaCppSettings } from '../../../shared/settings/llamacpp-defaults.ts'
import { freeSlug, labelOfModel } from '../profiles/slug.ts'

export interface ResolvedTarget {
  readonly profile: Profile
  /** True for one made just now from a path: it is saved once it can be launched. */
  readonly isNew: boolean
}

/** What a user asked to start: a profile's id, or the path of a model, which has a profile or gets one. */
export function resolveTarget(
  target: string,
  settings: Partial<LlamaCppSettings> | undefined,
  known: { readonly profiles: readonly Profile[]; readonly isTaken: (id: string) => boolean },
  homeDir: string
): Result<ResolvedTarget, ContractError> {
  const byId = known.profiles.find((profile) => profile.id === target)
  if (byId) return ok({ profile: withSettings(byId, settings), isNew: false })
  const path = target === '~' || target.startsWith('~/') ? join(homeDir, target.slice(1)) : target
  if (!isAbsolute(path)) {
    const looksLikePath = path.includes('/') || /\.gguf$/i.test(path)
    return err(
      looksLikePath
        ? { code: 'bad-request', message: `Give the full path of the model, beginning with '/': ${target}` }
        : {
            code: 'not-found',
            message: `There is no profile '${target}'. Give the name of a profile or the full path of a model.`
          }
    )
  }
  const modelPath = normalize(path)
  const byPath = known.profiles.find((profile) => profile.modelPath === modelPath)
  if (byPath) return ok({ profile: withSettings(byPath, settings), isNew: false })
  const label = labelOfModel(modelPath)
  const profile: Profile = {
    id: freeSlug(label, known.isTaken),
    label,
    kind: 'llamacpp',
    modelPath,
    settings: defaultLlamaCppSettings(),
    restartOnCrash: true
  }
  return ok({ profile: withSettings(profile, settings), isNew: true })
}

function withSettings(profile: Profile, settings: Partial<LlamaCppSettings> | undefined): Profile {
  return settings === undefined ? profile : { ...profile, settings: { ...profile.settings, ...settings } }
}

import { isAbsolute, join, normalize } from 'node:path'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type { FieldSettings, LlamaCppProfile, Profile } from '../../../shared/model/runner.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import { defaultLlamaCppSettings } from '../../../shared/settings/llamacpp-defaults.ts'
import { freeSlug, labelOfModel } from '../profiles/slug.ts'

export interface ResolvedTarget {
  readonly profile: Profile
  /** True for one made just now from a path: it is saved once it can be launched. */
  readonly isNew: boolean
}

/** A model on this machine, by the name that lists show. */
export interface NamedModel {
  readonly path: string
  readonly label: string
}

export interface KnownTargets {
  readonly profiles: readonly Profile[]
  readonly isTaken: (id: string) => boolean
  /** Of the playbook with that id; null: there is none. */
  readonly playbook: Profile | null
  /** On this machine; null while nobody has looked, which a name that no profile has asks for. */
  readonly models: readonly NamedModel[] | null
}

/** '~/x' as a shell would read it; anything else as it is. */
export const expandHome = (path: string, homeDir: string): string =>
  path === '~' || path.startsWith('~/') ? join(homeDir, path.slice(1)) : path

/**
 * What a user asked to start: a profile's id, a playbook's, a model's name or its path; all but the first get a profile
 * where they have none.
 * 'ask-more': call again with the playbook of that name and the models of this machine.
 */
export function resolveTarget(
  target: string,
  settings: FieldSettings | undefined,
  known: KnownTargets,
  homeDir: string
): Result<ResolvedTarget | 'ask-more', ContractError> {
  const byId = known.profiles.find((profile) => profile.id === target)
  if (byId) return ok({ profile: withSettings(byId, settings), isNew: false })
  const path = expandHome(target, homeDir)
  if (isAbsolute(path)) return ok(ofPath(path, settings, known))
  if (path.includes('/') || /\.gguf$/i.test(path)) {
    const message = `Give the full path of the model, beginning with '/': ${target}`
    return err({ code: 'bad-request', message })
  }
  if (known.models === null) return ok('ask-more')
  if (known.playbook !== null) return ok({ profile: withSettings(known.playbook, settings), isNew: true })
  const models = known.models.filter(({ label }) => label.toLowerCase() === target.toLowerCase())
  const [only] = models
  if (only !== undefined && models.length === 1) return ok(ofPath(only.path, settings, known))
  return err({
    code: 'not-found',
    message:
      only === undefined
        ? `There is no profile and no model '${target}'. Give the name of one, or the full path of a model.`
        : `There are ${models.length} models '${target}': ${models.map((one) => one.path).join(', ')}. Give the full path of one.`
  })
}

function ofPath(path: string, settings: FieldSettings | undefined, known: KnownTargets): ResolvedTarget {
  const modelPath = normalize(path)
  const byPath = known.profiles.find((profile) => profile.modelPath === modelPath)
  if (byPath) return { profile: withSettings(byPath, settings), isNew: false }
  const label = labelOfModel(modelPath)
  const profile: LlamaCppProfile = {
    id: freeSlug(label, known.isTaken),
    label,
    kind: 'llamacpp',
    modelPath,
    settings: defaultLlamaCppSettings(),
    restartOnCrash: true,
    importance: 'normal',
    pinned: false,
    floorBytes: null,
    lan: false,
    container: null
  }
  return { profile: withSettings(profile, settings), isNew: true }
}

function withSettings(profile: Profile, settings: FieldSettings | undefined): Profile {
  // The contract has checked nothing of them yet: they are checked with the whole profile.
  return settings === undefined
    ? profile
    : ({ ...profile, settings: { ...profile.settings, ...settings } } as Profile)
}

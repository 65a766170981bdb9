import { basename, isAbsolute, join, normalize } from 'node:path'
import type { ContractError } from '../../../shared/contract/errors.ts'
import type {
  FieldProfile,
  FieldSettings,
  LlamaCppProfile,
  Profile,
  RunnerKind
} from '../../../shared/model/runner.ts'
import { RUNNER_SPECS } from '../../../shared/model/specs/index.ts'
import { plainText } from '../../../shared/util/plain-text.ts'
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

const NEW_PROFILE = {
  restartOnCrash: true,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null
} as const

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
  homeDir: string,
  kind?: RunnerKind
): Result<ResolvedTarget | 'ask-more', ContractError> {
  const byId = known.profiles.find((profile) => profile.id === target)
  if (byId !== undefined && kind !== undefined && byId.kind !== kind) {
    const message = `'${target}' is a profile of ${RUNNER_SPECS[byId.kind].name}, not of ${RUNNER_SPECS[kind].name}.`
    return err({ code: 'bad-request', message })
  }
  if (byId) return ok({ profile: withSettings(byId, settings), isNew: false })
  const path = expandHome(target, homeDir)
  if (kind !== undefined && kind !== 'llamacpp') return ok(ofModel(kind, path, settings, known))
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

/** A model of a kind that names its models in its own way: a repository, a tag, a folder. */
function ofModel(
  kind: FieldProfile['kind'],
  target: string,
  settings: FieldSettings | undefined,
  known: KnownTargets
): ResolvedTarget {
  // A kind that loads nothing by itself is only given a name.
  const modelPath = RUNNER_SPECS[kind].model.form === 'none' ? '' : target
  const same = known.profiles.find((profile) => profile.kind === kind && profile.modelPath === modelPath)
  if (same) return { profile: withSettings(same, settings), isNew: false }
  const label = plainText(basename(target)) || RUNNER_SPECS[kind].name
  const profile: FieldProfile = {
    ...NEW_PROFILE,
    id: freeSlug(label, known.isTaken),
    label,
    kind,
    modelPath,
    settings: {}
  }
  return { profile: withSettings(profile, settings), isNew: true }
}

function ofPath(path: string, settings: FieldSettings | undefined, known: KnownTargets): ResolvedTarget {
  const modelPath = normalize(path)
  const byPath = known.profiles.find((profile) => profile.modelPath === modelPath)
  if (byPath) return { profile: withSettings(byPath, settings), isNew: false }
  const label = labelOfModel(modelPath)
  const profile: LlamaCppProfile = {
    ...NEW_PROFILE,
    id: freeSlug(label, known.isTaken),
    label,
    kind: 'llamacpp',
    modelPath,
    settings: defaultLlamaCppSettings()
  }
  return { profile: withSettings(profile, settings), isNew: true }
}

function withSettings(profile: Profile, settings: FieldSettings | undefined): Profile {
  // The contract has checked nothing of them yet: they are checked with the whole profile.
  return settings === undefined
    ? profile
    : ({ ...profile, settings: { ...profile.settings, ...settings } } as Profile)
}

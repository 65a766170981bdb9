import type { ContractError } from '../../../shared/contract/errors.ts'
import type { FieldSettings, Profile, RunnerKind } from '../../../shared/model/runner.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import { resolveTarget, type KnownTargets, type NamedModel, type ResolvedTarget } from './target.ts'

/** Where a name is looked for that no profile has. */
export interface TargetSources {
  /** The profile that a playbook becomes when it is started by its id; null: there is no such playbook. */
  readonly findPlaybook?: (id: string) => Promise<Result<Profile, ContractError> | null>
  /** Models on this machine, for a start by the name of one. */
  readonly findModels?: () => Promise<readonly NamedModel[]>
}

type Found = Result<ResolvedTarget, ContractError>

/** What a user asked to start. At once for a profile or a path: who stops right after must find the start begun. */
export function findTarget(
  wanted: {
    readonly target: string
    readonly settings: FieldSettings | undefined
    readonly kind: RunnerKind | undefined
    readonly homeDir: string
  },
  known: () => Pick<KnownTargets, 'profiles' | 'isTaken'>,
  sources: TargetSources
): Found | Promise<Found> {
  const { target, settings, kind, homeDir } = wanted
  const resolve = (
    models: readonly NamedModel[] | null,
    playbook: Profile | null
  ): ReturnType<typeof resolveTarget> =>
    resolveTarget(target, settings, { ...known(), playbook, models }, homeDir, kind)
  const askMore = async (): Promise<Found> => {
    const playbook = (await sources.findPlaybook?.(target)) ?? ok(null)
    if (!playbook.ok) return playbook
    const models = playbook.value === null ? await sources.findModels?.() : []
    return certain(resolve(models ?? [], playbook.value))
  }
  const certain = (found: ReturnType<typeof resolveTarget>): Found =>
    found.ok && found.value === 'ask-more'
      ? err({ code: 'not-found', message: `There is no runner '${target}'.` })
      : (found as Found)
  const first = resolve(null, null)
  return first.ok && first.value === 'ask-more' ? askMore() : certain(first)
}

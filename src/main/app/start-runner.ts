import type { ContractError } from '../../shared/contract/errors.ts'
import type { CommandInput } from '../../shared/contract/commands.ts'
import type { RunnerView } from '../../shared/model/runner.ts'
import type { Result } from '../../shared/util/result.ts'
import type { HandlerParts } from './handler-parts.ts'
import { saveProfile } from './save-profile.ts'

/** Starts a target; a profile that was saved before its playbook's model was here gets the model's path first. */
export async function startRunner(
  parts: Pick<HandlerParts, 'settings' | 'live' | 'runners' | 'playbooks' | 'lookAnew'>,
  { target, settings, kind, waits, phrase }: CommandInput<'runners.start'>
): Promise<Result<RunnerView, ContractError>> {
  const { runners, playbooks } = parts
  const profile = runners.profiles().find(({ id }) => id === target)
  if (profile !== undefined && playbooks.lacksModel(profile)) {
    const found = await playbooks.withModel(profile)
    if (!found.ok) return found
    const saved = await saveProfile(parts, found.value)
    if (!saved.ok) return saved
  }
  return runners.start(target, settings, { kind, waits: waits ?? false, phrase: phrase ?? null })
}

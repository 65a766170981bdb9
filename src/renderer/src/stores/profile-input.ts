import type { CommandInput } from '../../../shared/contract/commands.ts'
import type { Profile } from '../../../shared/model/runner.ts'

/** A profile as a command takes it: its own copy, because the contract's input is mutable and a profile is not. */
export const profileInput = (profile: Profile): CommandInput<'profiles.save'> =>
  structuredClone(profile) as CommandInput<'profiles.save'>

import type { Profile } from '../../model/runner.ts'
import { textSetting } from '../../model/specs/index.ts'

/** Whether it counts as ready before it has loaded anything: a job that runs, a server that loads when asked. */
export const isReadyFirst = (profile: Profile): boolean =>
  profile.kind === 'finetune' ||
  profile.kind === 'comfyui' ||
  (profile.kind === 'custom' && textSetting(profile, 'ready') === 'running')

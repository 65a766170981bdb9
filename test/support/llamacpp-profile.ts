import type { LlamaCppProfile } from '../../src/shared/model/runner.ts'
import { defaultLlamaCppSettings } from '../../src/shared/settings/llamacpp-defaults.ts'

/** A profile of llama.cpp with the usual settings but for these. */
export const llamaCppProfile = (
  modelPath: string,
  settings: Partial<LlamaCppProfile['settings']> = {}
): LlamaCppProfile => ({
  id: 'x',
  label: 'X',
  kind: 'llamacpp',
  modelPath,
  restartOnCrash: true,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null,
  settings: { ...defaultLlamaCppSettings(), ...settings }
})

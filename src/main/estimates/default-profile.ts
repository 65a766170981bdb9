import type { Profile } from '../../shared/model/runner.ts'
import { defaultLlamaCppSettings } from '../../shared/settings/llamacpp-defaults.ts'
import type { ModelOnDisk } from '../models/types.ts'

const NEW_PROFILE = {
  id: 'new',
  restartOnCrash: true,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null
} as const

/** The profile that a model on disk would get, for an estimate of it. */
export function defaultProfile({ path, label, format }: ModelOnDisk): Profile {
  const own = { ...NEW_PROFILE, label, modelPath: path }
  switch (format) {
    case 'gguf':
      return { ...own, kind: 'llamacpp', settings: defaultLlamaCppSettings() }
    case 'ollama':
      return { ...own, kind: 'ollama', settings: {} }
    default:
      return { ...own, kind: 'vllm', settings: {} }
  }
}

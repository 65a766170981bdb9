import type { CommandOutput } from '../../shared/contract/commands.ts'

export type ModelOnDisk = CommandOutput<'models.list'>['models'][number]
export type ModelStore = ModelOnDisk['store']

export interface FoundModels {
  readonly models: readonly ModelOnDisk[]
  /** Folders that exist and were looked into. */
  readonly searched: readonly string[]
  /** What was left out, each with the reason in words: folders that may not be read, more models than are listed. */
  readonly skipped: readonly string[]
}

/** Where to look. */
export interface ModelPlaces {
  readonly homeDir: string
  /** The user's own; '~/x' is understood. */
  readonly folders: readonly string[]
  /** Says where Hugging Face tools, llama.cpp and Ollama keep theirs; without it the usual places count. */
  readonly env?: NodeJS.ProcessEnv
}

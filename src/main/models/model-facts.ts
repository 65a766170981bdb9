import { stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import type { ModelFacts } from '../../shared/model/model-facts.ts'
import type { RunnerKind } from '../../shared/model/runner.ts'
import { err, type Result } from '../../shared/util/result.ts'
import { createFactsSource, type FactsSource } from './facts-source.ts'
import { readFolderFacts } from './folder-facts.ts'
import { readGgufFacts } from './gguf/facts.ts'
import type { ModelProblem } from './model-problem.ts'
import { findHubSnapshot } from './hub-snapshot.ts'
import { readLmStudioFacts } from './lmstudio-model.ts'
import { readOllamaFacts } from './ollama-model.ts'
import { cannotOpen } from './open-model-file.ts'
import { readSafetensorsFile } from './safetensors/facts.ts'
import { expandHome } from './stores.ts'

export type { ModelProblem, ModelProblemKind } from './model-problem.ts'

export interface ModelFactsOptions {
  /** Says what a name that is no path means: a tag of Ollama, a model of LM Studio, or a repository. */
  readonly kind: RunnerKind
  /** Says where the stores are; without it the usual places count. */
  readonly env: NodeJS.ProcessEnv
  readonly homeDir: string
}

export interface ModelFactsReader {
  /**
   * What a model's files say of it: of a GGUF file, a safetensors file, a folder, 'owner/name' in the Hugging Face
   * cache, a tag of Ollama or a name of LM Studio. Never throws, never waits for a pipe, and reads no more than headers.
   */
  read(path: string, options: ModelFactsOptions): Promise<Result<ModelFacts, ModelProblem>>
}

/** Keeps headers that it has read, by the state of their files: a second look at 1 000 models opens none of them. */
export function createModelFactsReader(): ModelFactsReader {
  const source = createFactsSource()
  return { read: (path, options) => readFacts(path, options, source) }
}

/** Reads once, for those who have no reader to keep. */
export const readModelFacts = (
  path: string,
  options: ModelFactsOptions
): Promise<Result<ModelFacts, ModelProblem>> => readFacts(path, options, createFactsSource())

async function readFacts(
  given: string,
  { kind, env, homeDir }: ModelFactsOptions,
  source: FactsSource
): Promise<Result<ModelFacts, ModelProblem>> {
  const path = expandHome(given, homeDir)
  if (isAbsolute(path)) return readPath(path, kind, source)
  if (kind === 'ollama') return readOllamaFacts(path, { env, homeDir }, source)
  if (kind === 'lmstudio') return readLmStudioFacts(path, { env, homeDir }, source)
  const snapshot = await findHubSnapshot(path, { env, homeDir })
  return snapshot.ok ? readFolderFacts(snapshot.value, path, kind, source) : snapshot
}

async function readPath(
  path: string,
  kind: RunnerKind,
  source: FactsSource
): Promise<Result<ModelFacts, ModelProblem>> {
  let isFolder: boolean
  try {
    isFolder = (await stat(path)).isDirectory()
  } catch (error) {
    return err(cannotOpen(path, error))
  }
  if (isFolder) return readFolderFacts(path, null, kind, source)
  return /\.safetensors$/i.test(path) ? readSafetensorsFile(path, source) : readGgufFacts(path, source)
}

import { basename, join } from 'node:path'
import type { ModelFacts } from '../../shared/model/model-facts.ts'
import type { RunnerKind } from '../../shared/model/runner.ts'
import { err, type Result } from '../../shared/util/result.ts'
import type { FactsSource } from './facts-source.ts'
import { readGgufFacts } from './gguf/facts.ts'
import { groupGgufNames, type GgufNames } from './gguf-names.ts'
import type { ModelProblem } from './model-problem.ts'
import { readSafetensorsFolder } from './safetensors/facts.ts'
import { newWalk, readFolder } from './walk.ts'

/** Runners that load GGUF models where a folder has both. */
const LOAD_GGUF: ReadonlySet<RunnerKind> = new Set(['llamacpp', 'ollama', 'lmstudio'])
const PIPELINE = 'model_index.json'
const MOST_NAMED = 3

/** Facts of the one model in a folder; `repository` where the store says what it is. */
export async function readFolderFacts(
  folder: string,
  repository: string | null,
  kind: RunnerKind,
  source: FactsSource
): Promise<Result<ModelFacts, ModelProblem>> {
  const walk = newWalk()
  const listing = await readFolder(folder, walk)
  if (listing === null) {
    const why = walk.skipped[0] ?? `There is no folder ${folder}. Check the path.`
    return err({ kind: walk.skipped.length > 0 ? 'unreadable' : 'missing', message: why })
  }
  const { names, folders } = listing
  const groups = groupGgufNames(names)
  const hasWeights = names.some((name) => /\.safetensors(?:\.index\.json)?$/.test(name))
  if (groups.length > 0 && (LOAD_GGUF.has(kind) || !hasWeights)) return readOnlyGguf(folder, groups, source)
  const parts = names.includes(PIPELINE) ? [] : [{ folder, names }]
  if (names.includes(PIPELINE)) {
    for (const name of folders) {
      const below = await readFolder(join(folder, name), walk)
      if (below !== null) parts.push({ folder: join(folder, name), names: below.names })
    }
  }
  return readSafetensorsFolder(folder, repository, names, parts, source)
}

/** The model of a folder that holds one; a download that goes on beside it does not count. */
export async function readOnlyGguf(
  folder: string,
  groups: readonly GgufNames[],
  source: FactsSource
): Promise<Result<ModelFacts, ModelProblem>> {
  const whole = groups.filter(({ isPartial }) => !isPartial)
  const [only, ...others] = whole.length > 0 ? whole : groups
  if (only === undefined) {
    const message = `${folder} has no GGUF model in it. Give the path of a .gguf file.`
    return err({ kind: 'no-model', message })
  }
  if (others.length === 0) return readGgufFacts(join(folder, only.files[0] ?? ''), source)
  const named = [only, ...others].slice(0, MOST_NAMED).map(({ stem }) => stem)
  const more = 1 + others.length - named.length
  const list = named.join(', ') + (more > 0 ? ` and ${more} more` : '')
  const message = `${basename(folder)} holds ${1 + others.length} GGUF models: ${list}. Give the path of one.`
  return err({ kind: 'several', message })
}

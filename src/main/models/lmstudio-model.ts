import { join } from 'node:path'
import type { ModelFacts } from '../../shared/model/model-facts.ts'
import { err, type Result } from '../../shared/util/result.ts'
import type { FactsSource } from './facts-source.ts'
import { readFolderFacts, readOnlyGguf } from './folder-facts.ts'
import { groupGgufNames } from './gguf-names.ts'
import type { ModelProblem } from './model-problem.ts'
import { storeRoots } from './stores.ts'
import { newWalk, readFolder } from './walk.ts'

/** Makers whose folders are looked into. */
const MOST_MAKERS = 1_000

/**
 * Facts of a model by the name that LM Studio gives it: 'qwen2.5-7b-instruct', 'google/gemma-3-12b', with '@q4_k_m'
 * behind it where there are several. Files are in maker/name, where the name mostly ends with '-GGUF', and the maker is
 * who converted it, not who the name says: so the name alone is looked for, and the maker only decides between two.
 */
export async function readLmStudioFacts(
  key: string,
  { env, homeDir }: { readonly env: NodeJS.ProcessEnv; readonly homeDir: string },
  source: FactsSource
): Promise<Result<ModelFacts, ModelProblem>> {
  const [whole = '', variant = ''] = key.toLowerCase().split('@')
  const steps = whole.split('/')
  const name = plainName(steps.at(-1) ?? '')
  const maker = steps.length > 1 ? steps[0] : undefined
  const roots = await storeRoots({ homeDir, folders: [], env })
  const folders: { readonly folder: string; readonly maker: string }[] = []
  for (const { folder: root } of roots.filter(({ store }) => store === 'lmstudio')) {
    const walk = newWalk()
    for (const one of (await readFolder(root, walk))?.folders.slice(0, MOST_MAKERS) ?? []) {
      const models = (await readFolder(join(root, one), walk))?.folders ?? []
      for (const model of models) {
        if (plainName(model) === name) folders.push({ folder: join(root, one, model), maker: one })
      }
    }
  }
  const found = folders.find((one) => one.maker.toLowerCase() === maker) ?? folders[0]
  if (found === undefined || name === '') {
    const message = `LM Studio has no model '${key}' in its folder. Download it first: its size is known then.`
    return err({ kind: 'missing', message })
  }
  const { folder } = found
  if (variant === '') return readFolderFacts(folder, null, 'lmstudio', source)
  const names = (await readFolder(folder, newWalk()))?.names ?? []
  const groups = groupGgufNames(names).filter(({ stem }) => stem.toLowerCase().endsWith(variant))
  return readOnlyGguf(folder, groups, source)
}

const plainName = (name: string): string => name.toLowerCase().replace(/[-_.]gguf$/, '')

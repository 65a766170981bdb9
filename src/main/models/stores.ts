import { join, resolve } from 'node:path'
import { readTextUpTo } from './read-text.ts'
import type { ModelPlaces, ModelStore } from './types.ts'

export interface StoreRoot {
  readonly folder: string
  readonly store: ModelStore
}

/** Where Ollama's installer has its service keep models: the home of the user it makes. */
const OLLAMA_SERVICE_FOLDER = '/usr/share/ollama/.ollama/models'
const LM_STUDIO_SETTINGS_BYTES = 1024 * 1024

/** Hugging Face's own folder: HF_HOME, else in the cache folder, as its documentation of variables says. */
export const huggingFaceHome = (homeDir: string, env: NodeJS.ProcessEnv): string =>
  env['HF_HOME']
    ? resolve(homeDir, expandHome(env['HF_HOME'], homeDir))
    : join(cacheHome(homeDir, env), 'huggingface')

/** Where every tool of Hugging Face's looks for what it has fetched. */
export const hubCacheFolder = (homeDir: string, env: NodeJS.ProcessEnv): string => {
  const given = env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE']
  return given ? resolve(homeDir, expandHome(given, homeDir)) : join(huggingFaceHome(homeDir, env), 'hub')
}

/** Folders that runners keep models in, then the user's own; each once, whether it exists or not. */
export async function storeRoots({ homeDir, folders, env = {} }: ModelPlaces): Promise<readonly StoreRoot[]> {
  const given = (path: string): string => resolve(homeDir, expandHome(path, homeDir))
  const lmStudio = await lmStudioFolder(homeDir)
  const roots: readonly StoreRoot[] = [
    { folder: join(homeDir, 'models'), store: 'folder' },
    {
      folder: env['LLAMA_CACHE'] ? given(env['LLAMA_CACHE']) : join(cacheHome(homeDir, env), 'llama.cpp'),
      store: 'llamacpp'
    },
    { folder: hubCacheFolder(homeDir, env), store: 'huggingface' },
    ...(lmStudio === null ? [] : [{ folder: given(lmStudio), store: 'lmstudio' as const }]),
    { folder: join(homeDir, '.lmstudio', 'models'), store: 'lmstudio' },
    { folder: join(homeDir, '.cache', 'lm-studio', 'models'), store: 'lmstudio' },
    ...(env['OLLAMA_MODELS'] ? [{ folder: given(env['OLLAMA_MODELS']), store: 'ollama' as const }] : []),
    { folder: join(homeDir, '.ollama', 'models'), store: 'ollama' },
    { folder: OLLAMA_SERVICE_FOLDER, store: 'ollama' },
    ...folders.map((folder) => ({ folder: given(folder), store: 'folder' as const }))
  ]
  return [...new Map(roots.toReversed().map((root) => [root.folder, root])).values()].toReversed()
}

const cacheHome = (homeDir: string, env: NodeJS.ProcessEnv): string =>
  env['XDG_CACHE_HOME'] || join(homeDir, '.cache')

export const expandHome = (path: string, homeDir: string): string =>
  path === '~' || path.startsWith('~/') ? join(homeDir, path.slice(1)) : path

/** Where the user has told LM Studio to keep models; null where it does not say. */
async function lmStudioFolder(homeDir: string): Promise<string | null> {
  const text = await readTextUpTo(join(homeDir, '.lmstudio', 'settings.json'), LM_STUDIO_SETTINGS_BYTES)
  if (text === null) return null
  try {
    const settings: unknown = JSON.parse(text)
    const folder =
      typeof settings === 'object' && settings !== null ? Reflect.get(settings, 'downloadsFolder') : null
    return typeof folder === 'string' && folder.startsWith('/') ? folder : null
  } catch {
    return null
  }
}

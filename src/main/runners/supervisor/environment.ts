/**
 * What a runner gets of Firebreak's own environment. A list of what is let through, not of what is held back: the
 * desktop's environment holds tokens, agent sockets and preload variables that no model server needs.
 *
 * PATH HOME USER LOGNAME TMPDIR and the locale: any program. XDG_*: caches of models. LD_LIBRARY_PATH CUDA_*
 * NVIDIA_* GGML_*: which GPU libraries and devices. LLAMA_* HF_*: the runner's own settings and downloads.
 */
const EXACT = new Set([
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'TMPDIR',
  'LANG',
  'LANGUAGE',
  'LD_LIBRARY_PATH',
  'TZ'
])
const PREFIXES = ['LC_', 'XDG_', 'CUDA_', 'GGML_', 'LLAMA_', 'HF_', 'NVIDIA_']

export function filterEnvironment(
  env: NodeJS.ProcessEnv,
  added: Readonly<Record<string, string>>
): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) continue
    if (EXACT.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix))) kept[name] = value
  }
  return { ...kept, ...added }
}

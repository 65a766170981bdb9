/**
 * What a runner gets of Firebreak's own environment. A list of what is let through, not of what is held back: the
 * desktop's environment holds tokens, agent sockets and preload variables that no model server needs.
 *
 * PATH HOME USER LOGNAME TMPDIR and the locale: any program. XDG_*: caches of models. LD_LIBRARY_PATH CUDA_*
 * NVIDIA_* GGML_*: which GPU libraries and devices. HSA_* HIP_* ROCR_* ROCM_* AMD_*
 * GPU_*: the same for AMD's ROCm (an APU often needs HSA_OVERRIDE_GFX_VERSION). VK_* MESA_* RADV_*: which Vulkan driver
 * and how it takes memory. OMP_*: threads. LLAMA_* HF_*: the runner's own settings and downloads.
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
const PREFIXES = [
  'LC_',
  'XDG_',
  'CUDA_',
  'NVIDIA_',
  'GGML_',
  'HSA_',
  'HIP_',
  'ROCR_',
  'ROCM_',
  'AMD_',
  'GPU_',
  'VK_',
  'MESA_',
  'RADV_',
  'OMP_',
  'LLAMA_',
  'HF_'
]

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

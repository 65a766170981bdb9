import type { LlamaCppSettings } from '../model/runner.ts'

/**
 * Tokens of context. What models are trained with (128k and more) would reserve tens of GiB for the KV cache at
 * start; 8192 tokens cost about 1 GiB on an 8B model and 2.5 GiB on a 70B one.
 */
const CONTEXT_TOKENS = 8192

/**
 * llama.cpp keeps up to 8192 MiB of past conversations in system memory, beside the model and out of the same DRAM
 * here. 1024 MiB is one whole conversation at the context above on an 8B model (128 KiB a token).
 */
const PROMPT_CACHE_MIB = 1024

/**
 * Upstream allows 32 a slot. Each is the state of one sequence of a sliding-window or recurrent model, 20 to
 * 150 MiB seen: 32 are up to 4.7 GiB, 4 stay below 0.6 GiB and still spare re-reading most of a long prompt.
 */
const CONTEXT_CHECKPOINTS = 4

/** Launch settings that leave the desktop its memory. */
export const defaultLlamaCppSettings = (): LlamaCppSettings => ({
  contextTokens: CONTEXT_TOKENS,
  port: 0,
  gpuLayers: -1,
  // Upstream picks 4 slots by itself, and so four times the checkpoints.
  parallelSlots: 1,
  promptCacheMiB: PROMPT_CACHE_MIB,
  contextCheckpoints: CONTEXT_CHECKPOINTS,
  binary: '',
  extraArgs: []
})

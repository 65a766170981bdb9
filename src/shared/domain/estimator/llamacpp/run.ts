import { padTo } from './units.ts'
import type { ModelShape } from './shape.ts'

/** How llama-server is run, as far as memory depends on it. */
export interface LlamaRun {
  /** 0: what the model was trained with. */
  readonly contextTokens: number
  readonly slots: number
  /** All slots share one cache (--kv-unified). */
  readonly isUnified: boolean
  readonly batch: number
  readonly ubatch: number
  readonly typeK: string
  readonly typeV: string
  readonly flashAttention: boolean
  /** Sliding windows are kept in full (--swa-full). */
  readonly keepsFullWindow: boolean
  /** Negative: all. */
  readonly gpuLayers: number
  /** Routed experts of so many first layers stay on the host (--n-cpu-moe). */
  readonly hostExpertLayers: number
  /** Some tensors were sent elsewhere by pattern (--override-tensor). */
  readonly hasOverrides: boolean
  /** Null: no limit. */
  readonly promptCacheBytes: number | null
  /** Per slot. */
  readonly checkpoints: number
  /** auto: mmap, but where the GPU shares the memory. */
  readonly loadMode: 'auto' | 'none' | 'mmap' | 'dio'
  /** A vision projector is loaded beside it: only when told to. */
  readonly usesProjector: boolean
  /** Its own layers predict further tokens (--spec-type draft-mtp). */
  readonly predictsAhead: boolean
  /** Tokens guessed at once; 0: no guessing. */
  readonly guesses: number
  /** Every token gives an output: an embedding or reranking server. */
  readonly isEmbedding: boolean
  /** Before June 2026 every token of a batch had room for its logits, and masks were kept in two widths. */
  readonly build: 'current' | 'before-june-2026'
}

export const LLAMA_DEFAULTS: LlamaRun = {
  contextTokens: 0,
  slots: 1,
  isUnified: false,
  batch: 2048,
  ubatch: 512,
  typeK: 'f16',
  typeV: 'f16',
  flashAttention: true,
  keepsFullWindow: false,
  gpuLayers: -1,
  hostExpertLayers: 0,
  hasOverrides: false,
  promptCacheBytes: 8192 * 2 ** 20,
  checkpoints: 32,
  loadMode: 'auto',
  usesProjector: false,
  predictsAhead: false,
  guesses: 0,
  isEmbedding: false,
  build: 'current'
}

/** llama.cpp's caches grow in steps of so many tokens. */
export const CACHE_STEP_TOKENS = 256
/** Where neither the profile nor the header says a context. */
const FALLBACK_CONTEXT_TOKENS = 4096

/** What llama.cpp makes of the context asked for. */
export interface Context {
  /** Of all slots together. */
  readonly tokens: number
  /** Cells of one cache. */
  readonly cells: number
  /** Caches beside each other: one, or one for each slot. */
  readonly streams: number
  readonly slots: number
  readonly batch: number
  readonly ubatch: number
  /** Cells of a layer with a sliding window. */
  readonly windowCells: number
  /** Rows of logits it makes room for. */
  readonly outputs: number
}

/** As llama_context's constructor and llama_kv_cache_iswa's do it. */
export function contextOf(run: LlamaRun, shape: ModelShape): Context {
  const slots = Math.max(1, Math.floor(run.slots))
  const asked = run.contextTokens > 0 ? run.contextTokens : shape.trainedContext || FALLBACK_CONTEXT_TOKENS
  const padded = padTo(asked, CACHE_STEP_TOKENS)
  const cells = run.isUnified ? padded : padTo(Math.max(1, Math.floor(padded / slots)), CACHE_STEP_TOKENS)
  const tokens = run.isUnified ? cells : cells * slots
  const batch = Math.max(1, Math.min(run.batch, tokens))
  const ubatch = Math.max(1, Math.min(batch, run.ubatch === 0 ? batch : run.ubatch))
  const window = shape.windowTokens * (run.isUnified ? slots : 1) + ubatch
  return {
    tokens,
    cells,
    streams: run.isUnified ? 1 : slots,
    slots,
    batch,
    ubatch,
    windowCells: run.keepsFullWindow ? cells : padTo(Math.min(cells, window), CACHE_STEP_TOKENS),
    outputs: run.isEmbedding ? batch : Math.min(batch, slots * (1 + run.guesses))
  }
}

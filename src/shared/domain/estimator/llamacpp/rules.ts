/**
 * Where architectures differ, as facts transcribed from llama.cpp b11118 (src/models/*.cpp, src/llama-hparams.cpp,
 * src/llama-model.cpp). A file's own keys win where a rule says so.
 */

/** Layer `il` has a window iff denseFirst ? il % every != 0 : il % every < every - 1. */
export interface WindowRule {
  readonly every: number
  readonly denseFirst?: true
  /** Tokens, where the file does not say it. */
  readonly defaultWindow?: number
  /** Tokens, whatever the file says. */
  readonly forcedWindow?: number
  /** 'window': only with a window above 0 in the file; 'window-not-zero': unless the file says 0. */
  readonly onlyIf?: 'window' | 'window-not-zero'
  /** Only for a model of so many layers. */
  readonly onlyLayers?: number
}

export const WINDOW_RULES: ReadonlyMap<string, WindowRule> = new Map<string, WindowRule>([
  ['gemma2', { every: 2, defaultWindow: 4096 }],
  ['gemma3', { every: 6, onlyIf: 'window' }],
  ['gemma3n', { every: 5 }],
  ['gemma-embedding', { every: 6 }],
  ['gpt-oss', { every: 2 }],
  ['llama4', { every: 4, forcedWindow: 8192, onlyIf: 'window-not-zero' }],
  ['cohere2', { every: 4 }],
  ['cohere2moe', { every: 4, denseFirst: true }],
  ['exaone4', { every: 4, defaultWindow: 4096, onlyLayers: 64 }],
  ['exaone-moe', { every: 4, defaultWindow: 128 }],
  ['olmo2', { every: 4, onlyIf: 'window' }],
  ['afmoe', { every: 4, onlyIf: 'window' }],
  ['mellum', { every: 4, onlyIf: 'window' }],
  ['plamo3', { every: 8, onlyIf: 'window' }],
  ['smallthinker', { every: 4, denseFirst: true, forcedWindow: 4096, onlyIf: 'window' }],
  ['laguna', { every: 4, denseFirst: true, onlyIf: 'window' }],
  ['muse-glimmer', { every: 4 }],
  ['modern-bert', { every: 3, denseFirst: true, onlyIf: 'window' }]
])

/** Which layers have a window stands in the file, by layer; without it nothing is known. */
export const WINDOW_BY_FILE: ReadonlySet<string> = new Set([
  'gemma4',
  'gemma4-assistant',
  'granite_swa',
  'mimo2',
  'step35',
  'spark2_5',
  'maple',
  'dots3note'
])

/** gemma3n: only the first layers own a cache, the rest reads theirs. */
export const FIRST_LAYERS_WITH_CACHE: ReadonlyMap<string, number> = new Map([['gemma3n', 20]])
/** The last `attention.shared_kv_layers` layers read the cache of earlier ones. */
export const SHARES_BY_FILE: ReadonlySet<string> = new Set(['gemma4'])

export const RECURRENT_ONLY: ReadonlySet<string> = new Set([
  'mamba',
  'mamba2',
  'rwkv6',
  'rwkv6qwen2',
  'rwkv7',
  'arwkv7'
])

/** Every n-th layer is attention unless the file lists the recurrent ones. */
export const ATTENTION_EVERY: ReadonlyMap<string, number> = new Map([
  ['qwen3next', 4],
  ['qwen35', 4],
  ['qwen35moe', 4],
  ['qwen4exp', 4],
  ['minimax-01', 8]
])
/** A layer without KV heads is recurrent. */
export const RECURRENT_WITHOUT_HEADS: ReadonlySet<string> = new Set([
  'jamba',
  'granitehybrid',
  'plamo2',
  'kimi-linear',
  'kimi-k3',
  'bailingmoe3',
  'lfm2',
  'lfm2moe',
  'barbet'
])
/** A layer without KV heads and without a feed-forward part is recurrent; one with a feed-forward part is neither. */
export const RECURRENT_WITHOUT_BOTH: ReadonlySet<string> = new Set(['nemotron_h', 'nemotron_h_moe'])
/** Every layer is both. */
export const RECURRENT_AND_ATTENTION: ReadonlySet<string> = new Set(['falcon-h1'])

/** Their state is a square matrix per head, as wide as a key, and they keep nothing else. */
export const SQUARE_STATE: ReadonlySet<string> = new Set(['minimax-01'])

/** Gated delta nets between attention whose queries bring a gate. */
export const DELTA_NET: ReadonlySet<string> = new Set(['qwen3next', 'qwen35', 'qwen35moe'])

/** They carry four streams from layer to layer. */
export const FOUR_STREAMS: ReadonlySet<string> = new Set(['gemma3n'])

/** With speculation they keep one more state per token that may be taken back. */
export const KEEPS_STATES_FOR_ROLLBACK: ReadonlySet<string> = new Set([
  'kimi-k3',
  'qwen35',
  'qwen35moe',
  'qwen4exp',
  'deepseek4',
  'nemotron_h',
  'nemotron_h_moe',
  'lfm2',
  'lfm2moe',
  'bailingmoe3'
])

/** They read whole texts and keep no cache. */
export const WITHOUT_CACHE: ReadonlySet<string> = new Set([
  'bert',
  'modern-bert',
  'nomic-bert',
  'nomic-bert-moe',
  'neo-bert',
  'jina-bert-v2',
  'jina-bert-v3',
  'eurobert',
  'gemma-embedding',
  'wavtokenizer-dec',
  'dream',
  'llada',
  'llada-moe',
  'rnd1'
])

/** Their indexer keeps keys of one head for every token beside the cache. */
export const WITH_INDEXER: ReadonlySet<string> = new Set([
  'deepseek32',
  'glm-dsa',
  'hy_v4',
  'dots3note',
  'qwen4exp',
  'minimax-m3'
])

/** Known by name, but their caches were never checked against a real one. */
export const NOT_VALIDATED: ReadonlySet<string> = new Set([
  'deepseek4',
  'dots3note',
  'hy_v4',
  'kimi-k3',
  'minimax-m3',
  'qwen4exp',
  'deepseek32',
  'glm-dsa',
  't5',
  't5encoder',
  'graniteswitch',
  'gemma4-assistant',
  'eagle3',
  'dflash'
])

/** With a plain cache: every layer keeps every token. */
const PLAIN = `llama deci falcon grok gpt2 gptj gptneox mpt baichuan starcoder refact bloom stablelm qwen qwen2 qwen2moe
  qwen2vl qwen3 qwen3moe qwen3vl qwen3vlmoe phi2 phi3 phimoe plamo codeshell orion internlm2 minicpm minicpm3 gemma
  starcoder2 xverse command-r dbrx olmo olmoe openelm arctic deepseek deepseek2 deepseek2-ocr chatglm glm4 glm4moe
  bitnet bitnet-25 jais jais2 nemotron exaone granite granitemoe chameleon plm bailingmoe bailingmoe2 dots1 arcee
  ernie4_5 ernie4_5-moe hunyuan-moe hunyuan-dense hunyuan_vl hy_v3 smollm3 seed_oss grovemoe apertus hrm_text
  minimax-m2 cogvlm pangu-embedded mistral3 mistral4 paddleocr llama-embed maincoder talkie nanbeige qwen3tts
  pockettts`

const KNOWN: ReadonlySet<string> = new Set([
  ...PLAIN.split(/\s+/),
  ...WINDOW_RULES.keys(),
  ...WINDOW_BY_FILE,
  ...RECURRENT_ONLY,
  ...ATTENTION_EVERY.keys(),
  ...RECURRENT_WITHOUT_HEADS,
  ...RECURRENT_WITHOUT_BOTH,
  ...RECURRENT_AND_ATTENTION,
  ...WITHOUT_CACHE,
  ...WITH_INDEXER,
  ...NOT_VALIDATED
])

/** Whether llama.cpp's rules for it are known here; otherwise an estimate says so and is wide. */
export const isKnownArchitecture = (architecture: string): boolean => KNOWN.has(architecture)

import type { LlamaCppSettings } from '../../../model/runner.ts'
import { isCacheType } from './cache-types.ts'
import { LLAMA_DEFAULTS, type LlamaRun } from './run.ts'
import { MIB } from './units.ts'

/** Options that take no value, and what each of them says; the last one given counts. */
const FLAGS: Readonly<Record<string, readonly [name: string, value: string]>> = {
  '-kvu': ['unified', 'on'],
  '--kv-unified': ['unified', 'on'],
  '-no-kvu': ['unified', 'off'],
  '--no-kv-unified': ['unified', 'off'],
  '--swa-full': ['full-window', 'on'],
  '--cpu-moe': ['host-experts', 'all'],
  '-cmoe': ['host-experts', 'all'],
  '--no-mmap': ['load-mode', 'none'],
  '--mmap': ['load-mode', 'mmap'],
  '--mlock': ['load-mode', 'mmap'],
  '--no-mmproj': ['projector', 'none'],
  '--embedding': ['embedding', 'on'],
  '--embeddings': ['embedding', 'on'],
  '--rerank': ['embedding', 'on'],
  '--reranking': ['embedding', 'on']
}

/** Options that take a value. */
const VALUES: Readonly<Record<string, string>> = {
  '-c': 'context',
  '--ctx-size': 'context',
  '-np': 'slots',
  '--parallel': 'slots',
  '-b': 'batch',
  '--batch-size': 'batch',
  '-ub': 'ubatch',
  '--ubatch-size': 'ubatch',
  '-ctk': 'type-k',
  '--cache-type-k': 'type-k',
  '-ctv': 'type-v',
  '--cache-type-v': 'type-v',
  '-fa': 'flash-attention',
  '--flash-attn': 'flash-attention',
  '-ngl': 'gpu-layers',
  '--gpu-layers': 'gpu-layers',
  '--n-gpu-layers': 'gpu-layers',
  '-ncmoe': 'host-experts',
  '--n-cpu-moe': 'host-experts',
  '-ot': 'override',
  '--override-tensor': 'override',
  '-cram': 'prompt-cache',
  '--cache-ram': 'prompt-cache',
  '-ctxcp': 'checkpoints',
  '--ctx-checkpoints': 'checkpoints',
  '--swa-checkpoints': 'checkpoints',
  '-lm': 'load-mode',
  '--load-mode': 'load-mode',
  '-mm': 'projector',
  '--mmproj': 'projector',
  '-md': 'draft',
  '--model-draft': 'draft',
  '--spec-draft-model': 'draft',
  '--spec-type': 'speculation',
  '--draft': 'guesses',
  '--draft-n': 'guesses',
  '--draft-max': 'guesses',
  '--spec-draft-n-max': 'guesses',
  '-ctkd': 'draft-type-k',
  '--cache-type-k-draft': 'draft-type-k',
  '--spec-draft-type-k': 'draft-type-k',
  '-ctvd': 'draft-type-v',
  '--cache-type-v-draft': 'draft-type-v',
  '--spec-draft-type-v': 'draft-type-v',
  '-fit': 'fit',
  '--fit': 'fit'
}

/** Values that -fa may have; it is also given alone. */
const ON_OFF: ReadonlySet<string> = new Set([
  'on',
  'off',
  'auto',
  '1',
  '0',
  'true',
  'false',
  'enabled',
  'disabled'
])
const OFF: ReadonlySet<string> = new Set(['off', '0', 'false', 'disabled'])

/** What an argv says, by meaning: '-c 4096' and '--ctx-size=4096' alike. */
export function readOptions(args: readonly string[]): ReadonlyMap<string, string> {
  const said = new Map<string, string>()
  for (let at = 0; at < args.length; at += 1) {
    const item = args[at] ?? ''
    const equals = item.startsWith('-') ? item.indexOf('=') : -1
    const option = equals < 0 ? item : item.slice(0, equals)
    const flag = Object.hasOwn(FLAGS, option) ? FLAGS[option] : undefined
    if (flag !== undefined) {
      said.set(...flag)
      continue
    }
    const name = Object.hasOwn(VALUES, option) ? VALUES[option] : undefined
    if (name === undefined) continue
    if (equals >= 0) {
      said.set(name, item.slice(equals + 1))
      continue
    }
    const next = args[at + 1]
    if (name === 'flash-attention' && !ON_OFF.has(next ?? '')) {
      said.set(name, 'on')
      continue
    }
    // Its value is missing: what follows is an option.
    if (next === undefined || Object.hasOwn(FLAGS, next) || Object.hasOwn(VALUES, next)) continue
    said.set(name, next)
    at += 1
  }
  return said
}

/** What stands on a command line beside the run itself. */
export interface LlamaArguments {
  readonly run: LlamaRun
  readonly draft: { readonly typeK: string; readonly typeV: string } | null
}

/** Tokens guessed at once where speculation is on and no number is given. */
const DEFAULT_GUESSES = 3
/** Slots of a server that chooses by itself; they share one cache then. */
const AUTOMATIC_SLOTS = 4
const ALL_LAYERS = 4_096

/** The run that a profile's settings and its own arguments make; those come last and win, as on the command line. */
export function llamaArguments(settings: LlamaCppSettings): LlamaArguments {
  const said = readOptions(settings.extraArgs)
  const whole = (name: string, fallback: number): number => {
    const text = said.get(name)
    const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text)
    return Number.isInteger(value) ? value : fallback
  }
  const type = (name: string): string => {
    const text = said.get(name)?.toLowerCase() ?? ''
    return isCacheType(text) ? text : 'f16'
  }
  const isOn = (name: string): boolean => said.get(name) === 'on'
  const slots = whole('slots', settings.parallelSlots)
  const promptCacheMiB = whole('prompt-cache', settings.promptCacheMiB)
  const speculation = said.get('speculation') ?? ''
  const hasDraft = said.has('draft')
  const speculates = hasDraft || (speculation !== '' && speculation !== 'none')
  return {
    run: {
      contextTokens: Math.max(0, whole('context', settings.contextTokens)),
      slots: slots < 1 ? AUTOMATIC_SLOTS : slots,
      isUnified: said.has('unified') ? isOn('unified') : slots < 1,
      batch: Math.max(1, whole('batch', LLAMA_DEFAULTS.batch)),
      ubatch: Math.max(0, whole('ubatch', LLAMA_DEFAULTS.ubatch)),
      typeK: type('type-k'),
      typeV: type('type-v'),
      flashAttention: !OFF.has(said.get('flash-attention') ?? 'auto'),
      keepsFullWindow: isOn('full-window'),
      gpuLayers: whole('gpu-layers', said.has('gpu-layers') ? -1 : settings.gpuLayers),
      hostExpertLayers:
        said.get('host-experts') === 'all' ? ALL_LAYERS : Math.max(0, whole('host-experts', 0)),
      hasOverrides: said.has('override'),
      promptCacheBytes: promptCacheMiB < 0 ? null : promptCacheMiB * MIB,
      checkpoints: Math.max(0, whole('checkpoints', settings.contextCheckpoints)),
      loadMode: loadModeOf(said.get('load-mode')),
      usesProjector: (said.get('projector') ?? 'none') !== 'none',
      predictsAhead: speculation === 'draft-mtp',
      guesses: speculates ? Math.max(0, whole('guesses', DEFAULT_GUESSES)) : 0,
      isEmbedding: isOn('embedding'),
      build: LLAMA_DEFAULTS.build
    },
    draft: hasDraft ? { typeK: type('draft-type-k'), typeV: type('draft-type-v') } : null
  }
}

function loadModeOf(text: string | undefined): LlamaRun['loadMode'] {
  if (text === undefined || text === 'auto') return 'auto'
  if (text === 'none' || text === 'dio') return text
  return 'mmap'
}

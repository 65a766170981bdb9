import type { Estimate, EstimateMachine } from '../../model/estimate.ts'
import type { GgufFacts } from '../../model/model-facts.ts'
import type { Profile } from '../../model/runner.ts'
import { isCacheType } from './llamacpp/cache-types.ts'
import { estimateLlamaRun } from './llamacpp/estimate-run.ts'
import { numberOf } from './llamacpp/hparams.ts'
import { LLAMA_DEFAULTS, type LlamaRun } from './llamacpp/run.ts'
import { GIB } from './llamacpp/units.ts'
import type { EstimateRequest } from './types.ts'
import { unknownEstimate } from './unknown.ts'

/** Context by the GPU's memory, of Ollama of August 2026: the first row that is large enough. */
const DEFAULT_CONTEXTS = [
  { fromBytes: 47 * GIB, tokens: 262_144 },
  { fromBytes: 23 * GIB, tokens: 32_768 },
  { fromBytes: 0, tokens: 4_096 }
] as const

/** Batch by context: it takes the same for -b and -ub. */
const BATCHES = [
  { above: 32_768, batch: 2_048 },
  { above: 4_096, batch: 1_024 },
  { above: 0, batch: 512 }
] as const

/** Variables of its service as a profile gives them: settings, or its container. */
function environmentOf(profile: Profile): ReadonlyMap<string, string> {
  const own = profile.kind === 'llamacpp' ? [] : profile.settings['env']
  const lines = [...(profile.container?.env ?? []), ...(Array.isArray(own) ? own : [])]
  return new Map(
    lines.flatMap((line: string): [string, string][] => {
      const equals = line.indexOf('=')
      return equals <= 0 ? [] : [[line.slice(0, equals), line.slice(equals + 1).trim()]]
    })
  )
}

const positive = (text: string | undefined): number | null => {
  const value = Number(text)
  return text !== undefined && Number.isInteger(value) && value > 0 ? value : null
}

/** The llama-server that Ollama starts for a model. */
export function ollamaRun(
  facts: GgufFacts,
  environment: ReadonlyMap<string, string>,
  machine: EstimateMachine
): LlamaRun {
  // Only on a shared memory is the GPU's the machine's.
  const gpuBytes =
    machine.topology === 'unified' || machine.topology === 'amd-apu' ? machine.memTotalBytes : 0
  const byMemory = DEFAULT_CONTEXTS.find(({ fromBytes }) => gpuBytes >= fromBytes)?.tokens ?? 4_096
  const asked = positive(environment.get('OLLAMA_CONTEXT_LENGTH')) ?? byMemory
  const trained = numberOf(facts.hparams, 'context_length')
  const tokens = trained === null || trained === 0 ? asked : Math.min(asked, trained)
  const slots = positive(environment.get('OLLAMA_NUM_PARALLEL')) ?? 1
  const batch = BATCHES.find(({ above }) => tokens > above)?.batch ?? LLAMA_DEFAULTS.ubatch
  const type = environment.get('OLLAMA_KV_CACHE_TYPE')?.toLowerCase() ?? ''
  const cacheType = isCacheType(type) ? type : 'f16'
  return {
    ...LLAMA_DEFAULTS,
    contextTokens: tokens * slots,
    slots,
    batch,
    ubatch: batch,
    typeK: cacheType,
    typeV: cacheType,
    loadMode: machine.topology === 'unified' ? 'dio' : 'auto',
    usesProjector: facts.mmproj !== null
  }
}

/** What a model in Ollama will take: llama.cpp with Ollama's choices. */
export function estimateOllama({ profile, facts, machine }: EstimateRequest): Estimate {
  if (facts === null) {
    return unknownEstimate(
      "The model is not among Ollama's files here, so nothing is known of the memory it takes."
    )
  }
  if (facts.format !== 'gguf') {
    return unknownEstimate(
      'This model is no GGUF file: what Ollama makes of it is not known.',
      facts.weightsBytes
    )
  }
  const run = ollamaRun(facts, environmentOf(profile), machine)
  const estimate = estimateLlamaRun({ facts, run, machine, draft: null })
  const context = run.contextTokens.toLocaleString('en-GB')
  return {
    ...estimate,
    // Its service has an environment of its own, which a profile does not see.
    confidence: estimate.confidence === 'good' ? 'rough' : estimate.confidence,
    notes: [
      ...estimate.notes,
      `Ollama chooses ${context} tokens of context here by itself, in batches of ${run.batch}; its service's own settings and a model's Modelfile may say otherwise.`
    ]
  }
}

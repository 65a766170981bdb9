import { describe, expect, it } from 'vitest'
import { estimateProfile } from '../../../../../../src/shared/domain/estimator/estimate.ts'
import { totalOf } from '../../../../../../src/shared/domain/estimator/total.ts'
import type { Estimate, EstimatePartId } from '../../../../../../src/shared/model/estimate.ts'
import type { GgufFacts } from '../../../../../../src/shared/model/model-facts.ts'
import type { LlamaCppSettings } from '../../../../../../src/shared/model/runner.ts'
import {
  facts,
  GIB,
  GPT_OSS_120B,
  LLAMA_8B,
  llamaProfile,
  MIB,
  QWEN35_9B,
  SMALL_TENSORS,
  SPARK
} from './models.ts'

const SMALL = facts(
  'llama',
  {
    block_count: 4,
    context_length: 8192,
    embedding_length: 1024,
    feed_forward_length: 4096,
    'attention.head_count': 8,
    'attention.head_count_kv': 8
  },
  { tensors: SMALL_TENSORS }
)

function estimate(
  model: GgufFacts,
  settings: Partial<LlamaCppSettings> = {},
  topology: typeof SPARK.topology = 'unified',
  draft: GgufFacts | null = null
): Estimate {
  return estimateProfile({
    profile: llamaProfile(settings),
    facts: model,
    draft,
    machine: { ...SPARK, topology }
  })
}
const part = (of: Estimate, id: EstimatePartId) => of.parts.find((one) => one.id === id)
const mib = (of: Estimate, id: EstimatePartId): number => (part(of, id)?.expectedBytes ?? 0) / MIB

describe('weights', () => {
  it('are on the GPU but for the token embedding', () => {
    const all = estimate(SMALL)
    expect(mib(all, 'weights-device')).toBe(410)
    expect(mib(all, 'weights-host')).toBe(10)
  })
  it('have the token embedding twice where it is the output, too', () => {
    const tied = facts('llama', SMALL.hparams, {
      tensors: { ...SMALL_TENSORS, totalBytes: 410 * MIB, outputBytes: 0 }
    })
    expect(mib(estimate(tied), 'weights-device')).toBe(410)
    expect(mib(estimate(tied), 'weights-host')).toBe(10)
    expect(part(estimate(tied), 'weights-device')?.why).toContain('once more as output')
    // Without a GPU one copy does for both.
    expect(mib(estimate(tied, {}, 'none'), 'weights-host')).toBe(410)
  })
  it('of embeddings by layer stay on the host', () => {
    const perLayer = facts('gemma3n', SMALL.hparams, {
      tensors: { ...SMALL_TENSORS, totalBytes: 470 * MIB, perLayerEmbeddingBytes: 50 * MIB }
    })
    expect(mib(estimate(perLayer), 'weights-host')).toBe(60)
    expect(mib(estimate(perLayer), 'weights-device')).toBe(410)
  })
  it.each([
    [0, 0],
    [1, 10],
    [3, 210],
    [5, 410],
    [99, 410]
  ])('with %d layers on the GPU leave %d MiB there', (gpuLayers, device) => {
    const split = estimate(SMALL, { gpuLayers })
    expect(mib(split, 'weights-device')).toBe(device)
    expect(mib(split, 'weights-device') + mib(split, 'weights-host')).toBe(420)
  })
  it('of routed experts go to the host layer by layer', () => {
    const experts = facts(
      'qwen3moe',
      { ...SMALL.hparams, expert_count: 8, expert_used_count: 2 },
      { tensors: { ...SMALL_TENSORS, expertLayerBytes: [80, 80, 80, 80].map((size) => size * MIB) } }
    )
    const split = estimate(experts, { extraArgs: ['--n-cpu-moe', '2'] })
    expect(mib(split, 'weights-host')).toBe(10 + 160)
    expect(mib(split, 'weights-device')).toBe(250)
    // One token reads a quarter of the experts, and the output.
    expect(split.activeWeightBytes).toBe((400 - 320 * 0.75 + 10) * MIB)
  })
  it('of layers that guess ahead are left out unless they are used', () => {
    const ahead = facts('glm4moe', { ...SMALL.hparams, nextn_predict_layers: 1 }, { tensors: SMALL_TENSORS })
    expect(mib(estimate(ahead), 'weights-device')).toBe(310)
    expect(mib(estimate(ahead, { extraArgs: ['--spec-type', 'draft-mtp'] }), 'weights-device')).toBe(410)
  })
  it('are all loaded from a file that was made without the layers that guess ahead', () => {
    const hparams = { ...SMALL.hparams, block_count: 5, nextn_predict_layers: 1 }
    const without = estimate(facts('glm4moe', hparams, { tensors: SMALL_TENSORS }))
    expect(mib(without, 'weights-device')).toBe(410)
    expect(part(without, 'weights-device')?.why).not.toContain('stay out')
  })
})

describe('what a server keeps beside the model', () => {
  it('may grow: prompts up to their cache, checkpoints up to their number', () => {
    const grows = estimate(QWEN35_9B, { promptCacheMiB: 8192, contextCheckpoints: 32, parallelSlots: 4 })
    expect(part(grows, 'prompt-cache')).toMatchObject({ lowBytes: 0, expectedBytes: 0, peakBytes: 8 * GIB })
    expect(part(grows, 'checkpoints')).toMatchObject({ expectedBytes: 0, peakBytes: 32 * 4 * 50.25 * MIB })
    expect(grows.growthBytes).toBe(8 * GIB + 32 * 4 * 50.25 * MIB)
  })
  it('may fill the memory where prompts are kept without a limit', () => {
    const endless = estimate(LLAMA_8B, { extraArgs: ['--cache-ram', '-1'] })
    expect(part(endless, 'prompt-cache')?.peakBytes).toBe(SPARK.memTotalBytes)
  })
  it('is nothing where it was turned off', () => {
    const none = estimate(LLAMA_8B)
    expect(part(none, 'prompt-cache')).toBeUndefined()
    expect(part(none, 'checkpoints')).toBeUndefined()
    expect(none.growthBytes).toBe(0)
  })
  it('is a vision projector only where it is named', () => {
    const mmproj = { path: '/models/mmproj.gguf', fileBytes: 640 * MIB }
    const vision = facts('llama', SMALL.hparams, { mmproj })
    expect(part(estimate(vision), 'mmproj')).toBeUndefined()
    const used = part(estimate(vision, { extraArgs: ['--mmproj', mmproj.path] }), 'mmproj')
    expect(used?.lowBytes).toBe(640 * MIB)
    expect(used?.peakBytes).toBe(Math.round(704 * MIB + 256 * MIB))
    expect(part(estimate(SMALL, { extraArgs: ['--mmproj', '/gone.gguf'] }), 'mmproj')?.why).toContain(
      'not found'
    )
  })
  it('is a cache and scratch for layers that guess ahead, where they are used', () => {
    const ahead = facts('glm4moe', { ...LLAMA_8B.hparams, nextn_predict_layers: 1 })
    expect(part(estimate(ahead), 'draft')).toBeUndefined()
    const used = part(estimate(ahead, { extraArgs: ['--spec-type', 'draft-mtp'] }), 'draft')
    expect(used?.lowBytes).toBe(16 * MIB)
    expect(used?.expectedBytes).toBeGreaterThan(16 * MIB)
  })
  it('is a draft model as a whole, without a second CUDA context', () => {
    const alone = estimate(SMALL)
    const both = estimate(LLAMA_8B, { extraArgs: ['-md', '/draft.gguf'] }, 'unified', SMALL)
    const context = part(alone, 'context')?.expectedBytes ?? 0
    expect(part(both, 'draft')?.expectedBytes).toBe(alone.total.expectedBytes - context)
  })
  it('is a draft model with the context of the large one, where that is what it was trained with', () => {
    const drafting = { extraArgs: ['-md', '/draft.gguf'] }
    // Trained with 131 072 tokens, the draft model with 8192.
    const trained = estimate(LLAMA_8B, { ...drafting, contextTokens: 0 }, 'unified', SMALL)
    const asked = estimate(LLAMA_8B, { ...drafting, contextTokens: 131_072 }, 'unified', SMALL)
    expect(part(trained, 'draft')).toEqual(part(asked, 'draft'))
    // A cache of 4 layers × 2 × 1024 in f16.
    expect(mib(trained, 'draft')).toBeGreaterThan(2048)
  })
  it('is not known of a draft model that cannot be read, and that is said', () => {
    const blind = estimate(LLAMA_8B, { extraArgs: ['-md', '/draft.gguf'] })
    expect(blind.confidence).toBe('rough')
    expect(blind.notes.join(' ')).toContain('draft model could not be read')
  })
})

describe('a machine', () => {
  it('without a GPU has no CUDA context, and says where everything is', () => {
    const host = estimate(SMALL, {}, 'none')
    expect(part(host, 'context')).toBeUndefined()
    expect(part(host, 'weights-device')).toBeUndefined()
    expect(mib(host, 'weights-host')).toBe(420)
    expect(host.notes.join(' ')).toContain('There is no GPU')
  })
  it('that shares its memory with the GPU does not map the file; another one does', () => {
    expect(part(estimate(SMALL), 'load-transient')?.peakBytes).toBe(256 * MIB)
    expect(part(estimate(SMALL, {}, 'discrete'), 'load-transient')?.peakBytes).toBe(420 * MIB)
    expect(part(estimate(SMALL, { extraArgs: ['-lm', 'mmap'] }), 'load-transient')?.peakBytes).toBe(420 * MIB)
  })
})

describe('a container', () => {
  it('without GPUs has everything in host memory', () => {
    const container = { image: 'i:1', gpus: false, shmMiB: 0, hostIpc: false, mounts: [], env: [] }
    const request = { facts: SMALL, draft: null, machine: SPARK }
    const host = estimateProfile({ ...request, profile: { ...llamaProfile(), container } })
    expect(mib(host, 'weights-host')).toBe(420)
    const gpu = estimateProfile({
      ...request,
      profile: { ...llamaProfile(), container: { ...container, gpus: true } }
    })
    expect(mib(gpu, 'weights-device')).toBe(410)
  })
})

describe('an estimate', () => {
  it('adds up by the rule of totals, and every part says why', () => {
    const whole = estimate(GPT_OSS_120B, { promptCacheMiB: 100, contextCheckpoints: 4 })
    expect(whole.total).toEqual(totalOf(whole.parts))
    for (const { why, label } of whole.parts) {
      expect(why).toMatch(/^[A-Z0-9].*\.$/)
      expect(label).not.toBe('')
    }
    expect(whole).toMatchObject({ source: 'formula', confidence: 'good', notes: [] })
  })
  it('says one output, and several outputs', () => {
    expect(part(estimate(LLAMA_8B), 'output')?.why).toContain('tokens for 1 output: ')
    expect(part(estimate(LLAMA_8B, { parallelSlots: 4 }), 'output')?.why).toContain('tokens for 4 outputs: ')
  })
  it('says what a token of context costs', () => {
    // 32 layers × 2 × 1024 in f16, and masks of 512 tokens on both sides.
    expect(estimate(LLAMA_8B).bytesPerContextToken).toBe(131_072 + 2 * 512 * 2)
  })
  it('of an architecture that is not known is wide and says so', () => {
    const strange = facts('brandnew', SMALL.hparams, { tensors: SMALL_TENSORS })
    const wide = estimate(strange)
    expect(wide.confidence).toBe('unknown')
    expect(wide.notes.join(' ')).toContain("'brandnew' is not known")
    expect(part(wide, 'kv')?.lowBytes).toBe(0)
    expect(part(wide, 'kv')?.peakBytes).toBe(2 * (part(wide, 'kv')?.expectedBytes ?? 0))
  })
  it('of one that was never checked is rough', () => {
    expect(estimate(facts('deepseek4', SMALL.hparams)).confidence).toBe('rough')
    expect(estimate(facts('gemma4', SMALL.hparams)).confidence).toBe('rough')
  })
  it('of a header without layers has its weights and a wide rest', () => {
    const bare = estimate(facts('llama', {}, { tensors: SMALL_TENSORS }))
    expect(bare.confidence).toBe('unknown')
    expect(bare.total.lowBytes).toBe(420 * MIB)
    expect(bare.total.peakBytes).toBeGreaterThan(2 * 420 * MIB)
  })
  it('of tensors in an unknown type is rough', () => {
    const odd = facts('llama', SMALL.hparams, { tensors: { ...SMALL_TENSORS, unknownTypes: 3 } })
    expect(estimate(odd).confidence).toBe('rough')
  })
  it('without a model, or with one of another format, says so', () => {
    const request = { profile: llamaProfile(), draft: null, machine: SPARK }
    expect(estimateProfile({ ...request, facts: null })).toMatchObject({ confidence: 'unknown', parts: [] })
  })
  it('warns of a quantised V cache without flash attention', () => {
    expect(estimate(LLAMA_8B, { extraArgs: ['-fa', 'off', '-ctv', 'q8_0'] }).notes.join(' ')).toContain(
      'refuse'
    )
  })
})

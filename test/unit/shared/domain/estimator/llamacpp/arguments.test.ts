import { describe, expect, it } from 'vitest'
import {
  llamaArguments,
  readOptions
} from '../../../../../../src/shared/domain/estimator/llamacpp/arguments.ts'
import { LLAMA_DEFAULTS } from '../../../../../../src/shared/domain/estimator/llamacpp/run.ts'
import { llamaProfile, MIB } from './models.ts'

const runOf = (...extraArgs: string[]) => llamaArguments(llamaProfile({ extraArgs }).settings).run

describe("a profile's run", () => {
  it('is its settings where it has no arguments', () => {
    const { run, draft } = llamaArguments(
      llamaProfile({
        contextTokens: 8192,
        parallelSlots: 2,
        promptCacheMiB: 100,
        contextCheckpoints: 3,
        gpuLayers: 7
      }).settings
    )
    expect(run).toEqual({
      ...LLAMA_DEFAULTS,
      contextTokens: 8192,
      slots: 2,
      gpuLayers: 7,
      promptCacheBytes: 100 * MIB,
      checkpoints: 3
    })
    expect(draft).toBeNull()
  })
  it.each([
    [['-c', '1000'], { contextTokens: 1000 }],
    [['--ctx-size=1000'], { contextTokens: 1000 }],
    [['-c', '1000', '-c', '2000'], { contextTokens: 2000 }],
    [['-np', '4', '-kvu'], { slots: 4, isUnified: true }],
    [['-np', '-1'], { slots: 4, isUnified: true }],
    [['-b', '512', '-ub', '128'], { batch: 512, ubatch: 128 }],
    [['-ctk', 'Q8_0', '--cache-type-v=q4_0'], { typeK: 'q8_0', typeV: 'q4_0' }],
    [['-ctk', 'new_type'], { typeK: 'f16' }],
    [['-fa', 'off'], { flashAttention: false }],
    [['-fa', '-kvu'], { flashAttention: true, isUnified: true }],
    [['--flash-attn=auto'], { flashAttention: true }],
    [['--swa-full'], { keepsFullWindow: true }],
    [['-ngl', 'all'], { gpuLayers: -1 }],
    [['-ngl', '12'], { gpuLayers: 12 }],
    [['--n-cpu-moe', '10'], { hostExpertLayers: 10 }],
    [['--cache-ram', '-1'], { promptCacheBytes: null }],
    [['--cache-ram=0'], { promptCacheBytes: 0 }],
    [['--ctx-checkpoints', '5'], { checkpoints: 5 }],
    [['--no-mmap'], { loadMode: 'none' }],
    [['-lm', 'dio'], { loadMode: 'dio' }],
    [['-lm', 'mmap+mlock'], { loadMode: 'mmap' }],
    [['--mmproj', '/p.gguf'], { usesProjector: true }],
    [['--mmproj', '/p.gguf', '--no-mmproj'], { usesProjector: false }],
    [['-ot', 'exps=CPU'], { hasOverrides: true }],
    [['--embedding'], { isEmbedding: true }],
    [['--spec-type', 'draft-mtp'], { predictsAhead: true, guesses: 3 }],
    [['--spec-type', 'draft-mtp', '--draft-max', '8'], { predictsAhead: true, guesses: 8 }],
    // Their values are no options of ours, whatever they look like.
    [['-c', 'many'], { contextTokens: 4096 }],
    [['-c'], { contextTokens: 4096 }]
  ])('of %j', (args, expected) => {
    expect(runOf(...args)).toMatchObject(expected)
  })
  it('has a draft model with a cache of its own types', () => {
    const { draft, run } = llamaArguments(
      llamaProfile({ extraArgs: ['-md', '/d.gguf', '-ctkd', 'q8_0'] }).settings
    )
    expect(draft).toEqual({ typeK: 'q8_0', typeV: 'f16' })
    expect(run.guesses).toBe(3)
  })
  it('takes no value of another option for an option', () => {
    expect([...readOptions(['--alias', '-c', '-np', '2'])]).toContainEqual(['slots', '2'])
  })
})

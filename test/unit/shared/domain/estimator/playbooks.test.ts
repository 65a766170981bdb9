import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { estimateProfile } from '../../../../../src/shared/domain/estimator/estimate.ts'
import type { ModelFacts } from '../../../../../src/shared/model/model-facts.ts'
import type { Playbook } from '../../../../../src/shared/model/playbook.ts'
import { GB, GPT_OSS_120B, LLAMA_3B, LLAMA_70B, LLAMA_8B, SPARK } from './served-facts.ts'

const FOLDER = join(import.meta.dirname, '../../../../../resources/playbooks')
const playbooks = readdirSync(FOLDER).map(
  (file) => (JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as { readonly playbook: Playbook }).playbook
)
/** Those whose models are known here. */
const FACTS: Readonly<Record<string, ModelFacts>> = {
  'openai/gpt-oss-120b': GPT_OSS_120B,
  'meta-llama/Llama-3.1-8B-Instruct': LLAMA_8B,
  'meta-llama/Llama-3.2-3B-Instruct': LLAMA_3B,
  'meta-llama/Llama-3.3-70B-Instruct': LLAMA_70B
}
const byFormula = (playbook: Playbook) => playbook.kind !== 'llamacpp'
/** Of a playbook's own figure, which is measured or calculated from its sources. */
const BAND = 0.15

const estimateOf = ({ profile }: Playbook, facts: ModelFacts | null) =>
  estimateProfile({ profile, facts, draft: null, machine: SPARK })

describe('playbooks', () => {
  it.each(playbooks.filter(byFormula).map((playbook) => [playbook.id, playbook] as const))(
    '%s has an estimate that its machine could hold, with its model and without',
    (_id, playbook) => {
      for (const facts of [FACTS[playbook.profile.modelPath] ?? null, null]) {
        const { total, parts } = estimateOf(playbook, facts)
        expect(total.expectedBytes).toBeGreaterThan(0)
        expect(total.expectedBytes).toBeLessThan(SPARK.memAvailableBytes)
        expect(parts.every(({ why }) => why.length > 0)).toBe(true)
      }
    }
  )
  it.each(
    playbooks
      .filter((playbook) => byFormula(playbook) && playbook.memoryBytes !== null)
      .map((playbook) => [playbook.id, playbook, playbook.memoryBytes ?? 0] as const)
  )('%s is within 15 %% of its own figure', (_id, playbook, memoryBytes) => {
    const { total } = estimateOf(playbook, null)
    expect(Math.abs(total.expectedBytes / memoryBytes - 1)).toBeLessThan(BAND)
    expect(total.lowBytes).toBeLessThanOrEqual(memoryBytes)
    expect(total.peakBytes).toBeGreaterThanOrEqual(memoryBytes)
  })
  it.each([
    // By the kinds' own rules: a share of all memory; half of what is free after loading.
    ['gpt-oss-120b-vllm', 88, 94],
    ['gpt-oss-120b-trtllm', 85, 105],
    // 10 bytes for each of 3.21 billion parameters, and short rows: 40 to 50 GB with the system's share.
    ['llama-3.2-3b-full-finetune', 36, 52],
    ['llama-3.1-8b-lora', 20, 45],
    // 71 GiB were measured for Llama-2-70B with longer rows.
    ['llama-3.3-70b-qlora', 50, 76]
  ])('%s takes between %s and %s GB', (id, low, high) => {
    const playbook = playbooks.find((one) => one.id === id)
    if (playbook === undefined) throw new Error(`no playbook ${id}`)
    const { total } = estimateOf(playbook, FACTS[playbook.profile.modelPath] ?? null)
    expect(total.expectedBytes / GB).toBeGreaterThan(low)
    expect(total.expectedBytes / GB).toBeLessThan(high)
  })
})

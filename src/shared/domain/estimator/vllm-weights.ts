import type { Interval } from '../../model/estimate.ts'
import type { ModelFacts } from '../../model/model-facts.ts'
import { between, exactly } from './part.ts'
import { cacheElementBytes, configOf, kvCostOf, loadedWeights, type KvCost } from './served-model.ts'
import type { VllmSettings } from './vllm-settings.ts'

/** Weights that are packed while they load, by bytes of BF16: 8 bits, or 4 bits with their scales. */
const PACKED_8_BIT = 0.5
const PACKED_4_BIT = 0.3

/** Whether the profile asks for a quantisation that the files do not have: it is made while they load. */
export const isPackedWhileLoading = (facts: ModelFacts, { quantization }: VllmSettings): boolean =>
  quantization !== null && facts.format === 'safetensors' && (facts.config?.quantMethod ?? null) === null

/** The model's weights in memory, this machine's or GPU's part of them. */
export function vllmWeights(facts: ModelFacts, settings: VllmSettings): Interval {
  const loaded = loadedWeights(facts)
  const share = packedShare(facts, settings) / settings.ranks
  return between(loaded.lowBytes * share, loaded.expectedBytes * share, loaded.peakBytes * share)
}

function packedShare(facts: ModelFacts, settings: VllmSettings): number {
  if (!isPackedWhileLoading(facts, settings)) return 1
  return /bitsandbytes|4bit|int4|fp4|awq|gptq/i.test(settings.quantization ?? '')
    ? PACKED_4_BIT
    : PACKED_8_BIT
}

/** A draft model's weights; they are part of the same share. */
export const draftWeights = (draft: ModelFacts | null): Interval =>
  draft === null ? exactly(0) : loadedWeights(draft)

/** What its cache costs; null where the model does not say. */
export function vllmKv(facts: ModelFacts, { cacheType, ranks }: VllmSettings): KvCost | null {
  const config = configOf(facts)
  const cost = kvCostOf(config, cacheElementBytes(cacheType, config))
  if (cost === null || ranks === 1) return cost
  return { ...cost, bytesPerToken: cost.bytesPerToken / ranks, windowBytes: cost.windowBytes / ranks }
}

import type { Estimate, EstimateMachine, EstimatePartId } from '../../src/shared/model/estimate.ts'
import type { GgufFacts, HparamValue } from '../../src/shared/model/model-facts.ts'

/** A model as a row describes it: no file, so nothing but the sums that the row has. */
export function factsOf(
  architecture: string,
  hparams: Readonly<Record<string, HparamValue>>,
  vocabularySize: number,
  weights: { readonly totalBytes: number; readonly tokenEmbeddingBytes: number; readonly isTied: boolean }
): GgufFacts {
  const layers = Number(hparams['block_count'] ?? 0)
  const { totalBytes, tokenEmbeddingBytes, isTied } = weights
  // Where the rest lies in the file makes no difference while every layer is loaded.
  const inLayers = Math.max(0, totalBytes - tokenEmbeddingBytes * (isTied ? 1 : 2))
  return {
    format: 'gguf',
    path: '',
    architecture,
    name: null,
    hparams,
    vocabularySize,
    tensors: {
      totalBytes,
      tokenEmbeddingBytes,
      perLayerEmbeddingBytes: 0,
      outputBytes: isTied ? 0 : Math.max(1, Math.min(tokenEmbeddingBytes, totalBytes - tokenEmbeddingBytes)),
      layerBytes: Array.from({ length: layers }, () => inLayers / Math.max(1, layers)),
      expertLayerBytes: [],
      parameters: 0,
      expertParameters: 0,
      unknownTypes: 0
    },
    parts: 1,
    fileBytes: totalBytes,
    largestFileBytes: totalBytes,
    mmproj: null
  }
}

/** The rows say nothing of their machines; of it only the topology counts. */
export const machineOf = (hasDevice: boolean): EstimateMachine => ({
  memTotalBytes: 0,
  memAvailableBytes: 0,
  topology: hasDevice ? 'unified' : 'none'
})

/** Parts of an estimate together, expected or at most. */
export const partBytes = (
  estimate: Estimate,
  ids: readonly EstimatePartId[],
  which: 'expectedBytes' | 'peakBytes' = 'expectedBytes'
): number => estimate.parts.filter(({ id }) => ids.includes(id)).reduce((sum, part) => sum + part[which], 0)

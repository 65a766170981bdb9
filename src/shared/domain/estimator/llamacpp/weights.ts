import type { GgufFacts } from '../../../model/model-facts.ts'
import type { LlamaRun } from './run.ts'
import type { ModelShape } from './shape.ts'
import { sum } from './units.ts'

export interface WeightBytes {
  readonly deviceBytes: number
  readonly hostBytes: number
  /** The token embedding, loaded once more as the output. */
  readonly tiedBytes: number
  /** Layers that predict further tokens and are left out. */
  readonly skippedBytes: number
  /** Read for one generated token. */
  readonly activeBytes: number
}

/**
 * Where the bytes of the tensors go. The token embedding and per-layer embeddings stay on the host; of the blocks the
 * last `gpuLayers` go to the device, and the output before all of them.
 */
export function weightBytes(
  { tensors }: GgufFacts,
  { layers, predictLayers, experts, expertsUsed }: ModelShape,
  run: LlamaRun,
  hasDevice: boolean
): WeightBytes {
  const { tokenEmbeddingBytes, perLayerEmbeddingBytes, outputBytes, layerBytes, expertLayerBytes } = tensors
  // Counted from the front: a file may have been made without those that predict.
  const skipped = run.predictsAhead || predictLayers === 0 ? [] : layerBytes.slice(layers.length)
  const skippedBytes = sum(skipped)
  const loaded = layerBytes.slice(0, layerBytes.length - skipped.length)
  const embeddings = tokenEmbeddingBytes + perLayerEmbeddingBytes
  const layersOnDevice =
    !hasDevice || run.gpuLayers === 0 ? 0 : run.gpuLayers < 0 ? layerBytes.length + 1 : run.gpuLayers
  // The output counts as one layer after the last.
  const firstOnDevice = Math.max(0, layerBytes.length + 1 - layersOnDevice)
  const isOutputOnDevice = layersOnDevice > 0
  const hostLayers = loaded.map((bytes, layer) => {
    if (layer < firstOnDevice) return bytes
    return layer < run.hostExpertLayers ? Math.min(bytes, expertLayerBytes[layer] ?? 0) : 0
  })
  const others = Math.max(0, tensors.totalBytes - embeddings - outputBytes - sum(layerBytes))
  const tiedBytes = outputBytes === 0 && isOutputOnDevice ? tokenEmbeddingBytes : 0
  const hostBytes = embeddings + sum(hostLayers) + (isOutputOnDevice ? 0 : others + outputBytes)
  const deviceBytes =
    sum(loaded) - sum(hostLayers) + (isOutputOnDevice ? others + outputBytes : 0) + tiedBytes
  const routed = sum(expertLayerBytes.slice(0, loaded.length))
  const share = experts > 0 && expertsUsed > 0 ? Math.min(1, expertsUsed / experts) : 1
  return {
    deviceBytes,
    hostBytes,
    tiedBytes,
    skippedBytes,
    activeBytes:
      sum(loaded) - routed * (1 - share) + others + (outputBytes === 0 ? tokenEmbeddingBytes : outputBytes)
  }
}

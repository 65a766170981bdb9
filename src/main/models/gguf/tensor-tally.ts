import type { TensorSums } from '../../../shared/model/model-facts.ts'
import { damaged } from '../model-problem.ts'
import { tensorBytes } from './types.ts'

/** Of the block and of routed experts: 'blk.7.ffn_down_exps.weight', of old files 'blk.7.ffn_down.3.weight'. */
const BLOCK = /^blk\.(\d{1,5})\./
const EXPERTS = /_(?:ch)?exps\.|\.ffn_(?:gate|up|down)\.\d+\./
/** Real models have 128 at most; what is beyond this counts in the total alone. */
const MAX_LAYERS = 4_096

export interface TensorInfo {
  readonly name: string
  readonly type: number
  readonly dimensions: readonly number[]
  /** In the part of the file that holds tensors. */
  readonly offset: number
}

export interface TensorTally {
  add(tensor: TensorInfo): void
  /** Bytes that tensors need behind the header; a lower bound where a tensor's type is not known. */
  readonly endBytes: number
  /** Rows of the token embedding; null: it is not in this file. */
  readonly embeddingRows: number | null
  /** `dataBytes`: the file's, behind the header. */
  sums(dataBytes: number): TensorSums
}

/** Adds up a file's tensors as they are read: their number is bounded, and only their offsets are kept. */
export function createTensorTally(): TensorTally {
  const offsets: number[] = []
  const unknown: TensorInfo[] = []
  const groups = { total: 0, tokenEmbedding: 0, perLayerEmbedding: 0, output: 0 }
  const layerBytes: number[] = []
  const expertLayerBytes: number[] = []
  let parameters = 0
  let expertParameters = 0
  let endBytes = 0
  let embeddingRows: number | null = null

  const count = (name: string, bytes: number): void => {
    groups.total += bytes
    if (name === 'token_embd.weight') groups.tokenEmbedding += bytes
    else if (name === 'per_layer_token_embd.weight') groups.perLayerEmbedding += bytes
    else if (name === 'output.weight') groups.output += bytes
    const layer = Number(BLOCK.exec(name)?.[1] ?? MAX_LAYERS)
    if (layer >= MAX_LAYERS) return
    while (layerBytes.length <= layer) {
      layerBytes.push(0)
      expertLayerBytes.push(0)
    }
    layerBytes[layer] = (layerBytes[layer] ?? 0) + bytes
    if (EXPERTS.test(name)) expertLayerBytes[layer] = (expertLayerBytes[layer] ?? 0) + bytes
  }

  return {
    add(tensor) {
      const { name, type, dimensions, offset } = tensor
      const elements = dimensions.reduce((product, size) => product * size, 1)
      const bytes = tensorBytes(type, dimensions)
      const end = offset + (bytes ?? 0)
      if (!Number.isSafeInteger(end) || !Number.isSafeInteger(parameters + elements)) {
        throw damaged('a tensor is impossibly large')
      }
      offsets.push(offset)
      endBytes = Math.max(endBytes, end)
      parameters += elements
      if (EXPERTS.test(name)) expertParameters += elements
      if (name === 'token_embd.weight') embeddingRows = dimensions[1] ?? null
      if (bytes === null) unknown.push(tensor)
      else count(name, bytes)
    },
    get endBytes() {
      return endBytes
    },
    get embeddingRows() {
      return embeddingRows
    },
    sums(dataBytes) {
      if (unknown.length > 0) {
        const ordered = offsets.toSorted((a, b) => a - b)
        for (const { name, offset } of unknown) count(name, distance(ordered, offset, dataBytes))
      }
      return {
        totalBytes: groups.total,
        tokenEmbeddingBytes: groups.tokenEmbedding,
        perLayerEmbeddingBytes: groups.perLayerEmbedding,
        outputBytes: groups.output,
        layerBytes,
        expertLayerBytes,
        parameters,
        expertParameters,
        unknownTypes: unknown.length
      }
    }
  }
}

/** From `offset` to the next tensor, or to the file's end: its padding is in it. */
function distance(ordered: readonly number[], offset: number, dataBytes: number): number {
  let low = 0
  let high = ordered.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ordered[middle] ?? 0) > offset) high = middle
    else low = middle + 1
  }
  return Math.max(0, (ordered[low] ?? dataBytes) - offset)
}

/** The sums of a split model's parts. */
export function addSums(parts: readonly TensorSums[]): TensorSums {
  const sum = (pick: (one: TensorSums) => number): number =>
    parts.reduce((total, part) => total + pick(part), 0)
  const byLayer = (pick: (one: TensorSums) => readonly number[]): readonly number[] => {
    const length = parts.reduce((most, part) => Math.max(most, pick(part).length), 0)
    return Array.from({ length }, (_, layer) => sum((part) => pick(part)[layer] ?? 0))
  }
  return {
    totalBytes: sum((part) => part.totalBytes),
    tokenEmbeddingBytes: sum((part) => part.tokenEmbeddingBytes),
    perLayerEmbeddingBytes: sum((part) => part.perLayerEmbeddingBytes),
    outputBytes: sum((part) => part.outputBytes),
    layerBytes: byLayer((part) => part.layerBytes),
    expertLayerBytes: byLayer((part) => part.expertLayerBytes),
    parameters: sum((part) => part.parameters),
    expertParameters: sum((part) => part.expertParameters),
    unknownTypes: sum((part) => part.unknownTypes)
  }
}

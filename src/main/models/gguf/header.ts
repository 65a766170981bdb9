import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { ModelProblem } from '../model-problem.ts'
import { withModelFile } from '../open-model-file.ts'
import { parseGgufHeader, type GgufHeader } from './parse-header.ts'

export interface GgufSummary {
  readonly version: number
  readonly architecture: string
  readonly name?: string
  readonly contextLength?: number
  /** Parts of a split model, from 'split.count'; 1 for a single file. */
  readonly partCount: number
  readonly tensorCount: number
  /** Size the file must have for its tensors; a lower bound where a tensor's type is not known. */
  readonly requiredBytes: number
  readonly fileBytes: number
}

/** Reads one file's header; never throws, and never waits for a pipe. */
export const readGgufHeader = (path: string): Promise<Result<GgufHeader, ModelProblem>> =>
  withModelFile(path, '.gguf', parseGgufHeader)

/** What starting a model needs to know of its file: that it is one, and whole. */
export async function readGgufSummary(path: string): Promise<Result<GgufSummary, ModelProblem>> {
  const read = await readGgufHeader(path)
  return read.ok ? ok(summaryOf(read.value)) : err(read.error)
}

export function summaryOf(header: GgufHeader): GgufSummary {
  const { version, architecture, name, hparams, partCount, tensorCount, requiredBytes, fileBytes } = header
  const contextLength = hparams['context_length']
  return {
    version,
    architecture,
    ...(name === null ? {} : { name }),
    ...(typeof contextLength === 'number' ? { contextLength } : {}),
    partCount,
    tensorCount,
    requiredBytes,
    fileBytes
  }
}

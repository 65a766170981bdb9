import type { Estimate } from '../../model/estimate.ts'
import type { RunnerKind } from '../../model/runner.ts'
import { estimateLlamaCpp } from './llamacpp/estimate.ts'
import { estimateLmStudio } from './lmstudio.ts'
import { estimateOllama } from './ollama.ts'
import type { EstimateRequest } from './types.ts'
import { unknownEstimate } from './unknown.ts'

const notYet = ({ facts }: EstimateRequest): Estimate =>
  unknownEstimate(
    'What this kind of runner takes is not computed.',
    facts === null ? 0 : facts.format === 'gguf' ? facts.tensors.totalBytes : facts.weightsBytes
  )

/** One for each kind of runner; a kind without one does not compile. */
const ESTIMATORS = {
  llamacpp: estimateLlamaCpp,
  vllm: notYet,
  trtllm: notYet,
  sglang: notYet,
  ollama: estimateOllama,
  lmstudio: estimateLmStudio,
  comfyui: notYet,
  nim: notYet,
  'open-webui': notYet,
  jupyterlab: notYet,
  finetune: notYet,
  custom: notYet
} as const satisfies Record<RunnerKind, (request: EstimateRequest) => Estimate>

/** How much memory a profile will take, from its settings and the headers of its model alone. */
export const estimateProfile = (request: EstimateRequest): Estimate =>
  ESTIMATORS[request.profile.kind](request)

import type { Estimate } from '../../model/estimate.ts'
import type { RunnerKind } from '../../model/runner.ts'
import { estimateComfyui } from './comfyui.ts'
import { estimateFinetune } from './finetune.ts'
import { estimateLlamaCpp } from './llamacpp/estimate.ts'
import { estimateLmStudio } from './lmstudio.ts'
import { estimateNim } from './nim.ts'
import { estimateOllama } from './ollama.ts'
import { estimateCustom, estimateJupyterlab, estimateOpenWebui } from './others.ts'
import { estimateSglang } from './sglang.ts'
import { estimateTrtllm } from './trtllm.ts'
import type { EstimateRequest } from './types.ts'
import { estimateVllm } from './vllm.ts'

/** One for each kind of runner; a kind without one does not compile. */
const ESTIMATORS = {
  llamacpp: estimateLlamaCpp,
  vllm: estimateVllm,
  trtllm: estimateTrtllm,
  sglang: estimateSglang,
  ollama: estimateOllama,
  lmstudio: estimateLmStudio,
  comfyui: estimateComfyui,
  nim: estimateNim,
  'open-webui': estimateOpenWebui,
  jupyterlab: estimateJupyterlab,
  finetune: estimateFinetune,
  custom: estimateCustom
} as const satisfies Record<RunnerKind, (request: EstimateRequest) => Estimate>

/** How much memory a profile will take, from its settings and the headers of its model alone. */
export const estimateProfile = (request: EstimateRequest): Estimate =>
  ESTIMATORS[request.profile.kind](request)

import type { RunnerKind } from '../../../shared/model/runner.ts'
import type { RunnerAdapter } from '../supervisor/adapter.ts'
import { withCheckedAddress } from '../supervisor/address.ts'
import { llamaCppAdapter } from './llamacpp/adapter.ts'
import { vllmAdapter } from './vllm/adapter.ts'
import { trtllmAdapter } from './trtllm/adapter.ts'
import { sglangAdapter } from './sglang/adapter.ts'
import { ollamaAdapter } from './ollama/adapter.ts'
import { lmStudioAdapter } from './lmstudio/adapter.ts'
import { comfyUiAdapter } from './comfyui/adapter.ts'
import { nimAdapter } from './nim/adapter.ts'
import { openWebUiAdapter } from './open-webui/adapter.ts'
import { jupyterLabAdapter } from './jupyterlab/adapter.ts'
import { fineTuneAdapter } from './finetune/adapter.ts'
import { customAdapter } from './custom/adapter.ts'

/** Every kind of runner; a kind without an adapter does not compile. */
export const ADAPTERS = {
  llamacpp: withCheckedAddress(llamaCppAdapter),
  vllm: withCheckedAddress(vllmAdapter),
  trtllm: withCheckedAddress(trtllmAdapter),
  sglang: withCheckedAddress(sglangAdapter),
  ollama: withCheckedAddress(ollamaAdapter),
  lmstudio: withCheckedAddress(lmStudioAdapter),
  comfyui: withCheckedAddress(comfyUiAdapter),
  nim: withCheckedAddress(nimAdapter),
  'open-webui': withCheckedAddress(openWebUiAdapter),
  jupyterlab: withCheckedAddress(jupyterLabAdapter),
  finetune: withCheckedAddress(fineTuneAdapter),
  custom: withCheckedAddress(customAdapter)
} as const satisfies Record<RunnerKind, RunnerAdapter>

import type { Job } from '../../../src/shared/model/job.ts'
import type { Playbook } from '../../../src/shared/model/playbook.ts'
import type {
  ContainerSettings,
  FieldProfile,
  FieldSettings,
  RunnerActivity,
  RunnerView
} from '../../../src/shared/model/runner.ts'
import { onDisk } from './models.ts'
import { lossAt } from './runner-story.ts'
import {
  EMBED,
  GIB,
  LONG,
  LONG_PROFILE,
  OSS,
  QWEN,
  SCENARIOS,
  desktop,
  part,
  ready,
  view
} from './scenarios.ts'
import type { Scenario } from './scenarios.ts'

const { calm, empty, long } = SCENARIOS

const VLLM_IMAGE = 'nvcr.io/nvidia/vllm:26.05.post1-py3'

const container: ContainerSettings = {
  image: VLLM_IMAGE,
  gpus: true,
  shmMiB: 0,
  hostIpc: true,
  mounts: [{ hostPath: '~/.cache/huggingface', containerPath: '/root/.cache/huggingface', readOnly: false }],
  env: ['HF_TOKEN=hf_made_up']
}

const fieldProfile = (
  kind: FieldProfile['kind'],
  id: string,
  modelPath: string,
  over: Partial<FieldProfile> = {}
): FieldProfile => ({
  id,
  label: id,
  kind,
  modelPath,
  settings: {} satisfies FieldSettings,
  restartOnCrash: false,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null,
  ...over
})

const VLLM = fieldProfile('vllm', 'qwen3-32b-vllm', 'Qwen/Qwen3-32B-FP4', { container })
const OLLAMA = fieldProfile('ollama', 'ollama', 'llama3.2:3b')
const COMFY = fieldProfile('comfyui', 'comfyui', '', { lan: true })
const TUNE = fieldProfile('finetune', 'llama-8b-lora', 'meta-llama/Llama-3.1-8B', { container })
const WEBUI = fieldProfile('open-webui', 'open-webui', '')

const activity = (over: Partial<RunnerActivity>): RunnerActivity => ({
  busy: true,
  requestsRunning: 2,
  requestsWaiting: 0,
  tokensPerS: 41.7,
  idleSinceMs: null,
  ...over
})

const running = (
  profile: FieldProfile,
  gpu: number,
  host: number,
  port: number,
  pid: number
): RunnerView => ({
  ...ready(QWEN, gpu, host, port, pid),
  ...(({ id, kind, label, modelPath }) => ({ id, kind, label, modelPath }))(profile),
  modelBytes: gpu * GIB
})

const FIRST_STEP = 240

const kindsRunners = (t: number): readonly RunnerView[] => [
  {
    ...running(VLLM, 24.6, 3.1, 8000, 51_001),
    containerId: '3f9a1c2b7d44',
    activity: activity({ requestsRunning: 4, requestsWaiting: 7, tokensPerS: 41.7 + Math.sin(t) * 3 })
  },
  {
    ...running(OLLAMA, 4.1, 0.5, 11_434, 51_002),
    activity: activity({
      busy: false,
      requestsRunning: 0,
      tokensPerS: 'unknown',
      idleSinceMs: Date.now() - 540_000
    }),
    models: [
      { name: 'llama3.2:3b', state: 'loaded', bytes: 3.4 * GIB },
      { name: 'qwen3:8b', state: 'unloaded', bytes: 'unknown' },
      { name: 'nomic-embed-text', state: 'sleeping', bytes: 0.3 * GIB }
    ],
    free: {
      frees: true,
      byItself: false,
      text: 'Unloads the models that are loaded; the next request loads one again.'
    }
  },
  {
    ...running(COMFY, 11.8, 2.4, 8188, 51_003),
    stuck: 'It takes requests and its GPU stays at 4 W: no picture has come for 6 min.',
    free: {
      frees: false,
      byItself: false,
      text: 'ComfyUI keeps weights in the page pool of this machine; unloading moves nothing back.'
    }
  },
  {
    ...running(TUNE, 21.5, 3.8, 0, 51_004),
    port: null,
    url: null,
    text: 'Training for 41 min.',
    containerId: '88b0d1e2f3a4',
    training: {
      step: FIRST_STEP + t,
      totalSteps: 1500,
      epoch: 0.48 + t / 500,
      loss: lossAt(FIRST_STEP + t),
      secondsLeft: 5_040 - t * 4,
      lastCheckpoint: 'checkpoint-200'
    }
  },
  view(OSS, { modelBytes: 59 * GIB }),
  view(
    { ...QWEN, id: WEBUI.id, label: WEBUI.label, modelPath: '' },
    { kind: 'open-webui', modelBytes: 'not-supported' }
  )
]

const playbook = (
  over: Partial<Playbook> & Pick<Playbook, 'id' | 'title' | 'kind' | 'profile'>
): Playbook => ({
  summary: 'Serves it to this machine, with what its vendor recommends for it.',
  memoryBytes: 70 * GIB,
  diskBytes: 66 * GIB,
  source: null,
  sources: ['https://build.nvidia.com/spark'],
  ...over
})

export const PLAYBOOKS: readonly Playbook[] = [
  playbook({
    id: 'gpt-oss-120b-llamacpp',
    title: 'gpt-oss-120b on llama.cpp',
    summary: 'The fastest way to one user and the whole model.',
    kind: 'llamacpp',
    profile: { ...OSS, id: 'gpt-oss-120b-llamacpp' },
    memoryBytes: 62 * GIB,
    diskBytes: 59 * GIB,
    source: {
      repository: 'ggml-org/gpt-oss-120b-GGUF',
      revision: 'main',
      files: ['*.gguf'],
      sizeBytes: 59 * GIB,
      gated: false
    }
  }),
  playbook({
    id: 'qwen3-32b-vllm',
    title: 'Qwen3-32B on vLLM',
    kind: 'vllm',
    profile: VLLM,
    memoryBytes: 28 * GIB,
    diskBytes: 42 * GIB,
    source: {
      repository: 'Qwen/Qwen3-32B-FP4',
      revision: 'main',
      files: ['*'],
      sizeBytes: 20 * GIB,
      gated: false
    }
  }),
  playbook({
    id: 'llama-3.3-70b-qlora',
    title: 'Llama-3.3-70B, QLoRA',
    summary: 'Fine-tunes the big Llama in 4 bits on one machine.',
    kind: 'finetune',
    profile: { ...TUNE, id: 'llama-3.3-70b-qlora', label: 'llama-3.3-70b-qlora' },
    memoryBytes: null,
    diskBytes: 160 * GIB,
    source: {
      repository: 'meta-llama/Llama-3.3-70B-Instruct',
      revision: 'main',
      files: ['*.safetensors'],
      sizeBytes: 141 * GIB,
      gated: true
    }
  }),
  playbook({
    id: 'open-webui-ollama',
    title: 'Open WebUI on Ollama',
    summary: 'A chat page in the browser for the models in Ollama.',
    kind: 'open-webui',
    profile: { ...WEBUI, id: 'open-webui-ollama' },
    memoryBytes: GIB,
    diskBytes: null
  })
]

const JOBS = (nowMs: number): readonly Job[] => [
  {
    id: 'download-a',
    kind: 'download',
    label: 'ggml-org/gpt-oss-120b-GGUF',
    state: 'running',
    doneBytes: 21.4 * GIB,
    totalBytes: 59 * GIB,
    text: 'Downloading file 2 of 3.',
    startedAtMs: nowMs - 300_000
  },
  {
    id: 'set-up-a',
    kind: 'set-up',
    label: 'ComfyUI',
    state: 'failed',
    doneBytes: null,
    totalBytes: null,
    text: 'Step 2 ended with code 128: the network cannot be reached. Connect it and run the steps again.',
    startedAtMs: nowMs - 60_000
  }
]

/** Runners of many kinds at once: in containers, stuck, training, found, being downloaded. */
export const kinds: Scenario = {
  ...calm,
  parts: (t) => [
    part(`runner:${VLLM.id}`, VLLM.label, 'runner', 24.6, 3.1, [51_001], 0.8),
    part(`runner:${TUNE.id}`, TUNE.label, 'runner', 21.5, 3.8, [51_004]),
    part(`runner:${COMFY.id}`, COMFY.label, 'runner', 11.8, 2.4, [51_003]),
    part(`runner:${OLLAMA.id}`, OLLAMA.label, 'runner', 4.1, 0.5, [51_002]),
    part('process:61000:5', 'sglang', 'process', 9.4, 1.2, [61_000]),
    ...desktop(t)
  ],
  cacheBytes: 12 * GIB,
  runners: kindsRunners,
  profiles: [OSS, VLLM, OLLAMA, COMFY, TUNE, WEBUI],
  models: [
    ...calm.models,
    onDisk({
      path: 'Qwen/Qwen3-32B-FP4',
      label: 'Qwen3-32B-FP4',
      sizeBytes: 19.9 * GIB,
      format: 'safetensors',
      store: 'huggingface',
      repository: 'Qwen/Qwen3-32B-FP4',
      parts: 4
    }),
    onDisk({
      path: 'black-forest-labs/FLUX.1-dev',
      label: 'FLUX.1-dev',
      sizeBytes: 22.1 * GIB,
      format: 'safetensors',
      store: 'huggingface',
      repository: 'black-forest-labs/FLUX.1-dev',
      isPartial: true
    }),
    onDisk({ path: 'qwen3:8b', label: 'qwen3:8b', sizeBytes: 5.2 * GIB, format: 'ollama', store: 'ollama' })
  ],
  story: {
    installed: ['ollama', 'comfyui', 'jupyterlab'],
    playbooks: PLAYBOOKS,
    jobs: JOBS,
    steps: FIRST_STEP / 2,
    found: [
      {
        pid: 61_000,
        startTicks: 7_700,
        kind: 'sglang',
        label: 'sglang',
        model: 'Qwen/Qwen3-8B',
        port: 30_000,
        url: 'http://127.0.0.1:30000',
        pids: [61_000, 61_020],
        bytes: { gpuBytes: 9.4 * GIB, hostBytes: 1.2 * GIB, fileBytes: 0 },
        startedBy: 'terminal',
        startedByName: null,
        containerId: null,
        commandLine: ['python3', '-m', 'sglang.launch_server', '--model-path', 'Qwen/Qwen3-8B'],
        problem: null
      },
      {
        pid: 1_201,
        startTicks: 300,
        kind: 'jupyterlab',
        label: 'JupyterLab',
        model: null,
        port: 8888,
        url: 'http://127.0.0.1:8888',
        pids: [1_201],
        bytes: { gpuBytes: 0, hostBytes: 0.4 * GIB, fileBytes: 0 },
        startedBy: 'systemd',
        startedByName: 'jupyter.service',
        containerId: null,
        commandLine: ['jupyter-lab', '--no-browser'],
        problem: 'It belongs to the user jupyter. Stop it with: systemctl stop jupyter.service'
      }
    ]
  }
}

/** Nothing is there yet but what ships with Firebreak. */
export const firstDay: Scenario = { ...empty, story: { playbooks: PLAYBOOKS } }

/** Longest title that the contract takes. */
const MOST_TITLE = 120

/** Every name and sentence far too long, on every new card. */
export const longKinds: Scenario = {
  ...kinds,
  runners: (t) =>
    kindsRunners(t).map((one) => ({
      ...one,
      label: LONG,
      modelPath: LONG_PROFILE.modelPath,
      stuck: one.stuck === null ? null : `${LONG} ${one.stuck}`,
      models:
        one.models === null ? null : one.models.map((model) => ({ ...model, name: `${model.name}${LONG}` }))
    })),
  profiles: [...long.profiles, ...kinds.profiles, EMBED],
  story: {
    ...kinds.story,
    found: (kinds.story?.found ?? []).map((one) => ({
      ...one,
      label: LONG,
      model: LONG,
      startedByName: LONG
    })),
    playbooks: PLAYBOOKS.map((one) => ({ ...one, title: `${one.title} ${LONG}`.slice(0, MOST_TITLE) })),
    jobs: (nowMs) => JOBS(nowMs).map((one) => ({ ...one, label: LONG, text: `${one.text} ${LONG}` }))
  }
}

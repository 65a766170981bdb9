import type { FieldProfile } from '../../../../shared/model/runner.ts'
import { numberSetting, textSetting } from '../../../../shared/model/specs/index.ts'
import { NIM_SPEC } from '../../../../shared/model/specs/nim.ts'
import { err, ok } from '../../../../shared/util/result.ts'
import type { Recognised, RunnerAdapter } from '../../supervisor/adapter.ts'
import { listenOf, programOf } from '../common/command-line.ts'
import { DOCKER_STEPS, pullStep } from '../common/container-steps.ts'
import { explainBy, PYTHON_EXPLANATIONS, type Explanation } from '../common/explain.ts'
import { createFieldAdapter, type Command } from '../common/field-adapter.ts'
import { loadedShareFromLog } from '../common/load-progress.ts'
import { activityFromMetrics, type MetricNames } from '../common/metrics-activity.ts'
import { proveByToken } from '../common/openai.ts'
import { optionValue } from '../common/port.ts'

const { defaultPort, image } = NIM_SPEC
const ONLY_CONTAINER =
  'NIM is a container of NVIDIA and runs in no other way. Choose its image in the profile, under Container.'

/** docs.nvidia.com/nim/large-language-models/latest/observability; later images say vLLM's own names. */
const METRICS: MetricNames = {
  path: '/v1/metrics',
  running: ['num_requests_running', 'vllm:num_requests_running'],
  waiting: ['num_requests_waiting', 'vllm:num_requests_waiting'],
  tokens: ['generation_tokens_total', 'vllm:generation_tokens_total']
}
/** What runs inside the images, as their process list shows it. */
const MODULES = /^(?:vllm_nvext|nim_llm_sdk|nimlib)\b/
const OWN_FOLDER = '/opt/nim/'
const EXPLANATIONS: readonly Explanation[] = [
  {
    pattern: /NGC_API_KEY|NGC API key|authentication[^\n]{0,40}NGC|401 Unauthorized[^\n]{0,80}ngc/i,
    words: () =>
      'NVIDIA did not accept the key, or there was none. Give it in the profile as NGC_API_KEY=… among the variables ' +
      'of the container; ngc.nvidia.com hands keys out.'
  },
  {
    pattern: /no (?:compatible|runnable|valid) profiles?|Could not find a profile|0 compatible profile/i,
    words: () =>
      'The image holds no profile for this GPU. Take an image made for this machine, with dgx-spark in its name.'
  }
]

const base = createFieldAdapter({
  spec: NIM_SPEC,
  programs: [],
  containerProgram: '',
  containerPort: defaultPort,
  readyPath: '/v1/health/ready',
  command: (profile, listen) => ok(nimCommand(profile, listen.port)),
  recognise: recogniseNim,
  prove: proveByToken,
  activity: (url, timeoutMs) => activityFromMetrics(METRICS, url, timeoutMs),
  explainExit: (logTail) => explainBy([...EXPLANATIONS, ...PYTHON_EXPLANATIONS], logTail),
  loadedShare: loadedShareFromLog,
  // Its interface names no way; stopping the container gives all back.
  free: null,
  models: null,
  setUp: [
    ...DOCKER_STEPS,
    {
      text:
        "Sign in to NVIDIA's registry: 'docker login nvcr.io', user $oauthtoken, password your key of ngc.nvidia.com. " +
        'Put the same key into the profile as NGC_API_KEY=… among the variables of the container.',
      command: null,
      needsRoot: false
    },
    pullStep(image ?? '', "NVIDIA's NIM of Llama 3.1 8B for this machine")
  ]
})

/** NVIDIA's NIM containers for language models. */
export const nimAdapter: RunnerAdapter = {
  ...base,
  installed: async () => ({ path: null, problem: ONLY_CONTAINER }),
  plan: async (profile, context) =>
    profile.container === null
      ? err({ code: 'runner-missing', message: ONLY_CONTAINER })
      : await base.plan(profile, context)
}

/** The image has a command of its own; everything is said to it in variables. */
function nimCommand(profile: FieldProfile, port: number): Command {
  const share = String(numberSetting(profile, 'cacheShare') || '')
  const said = {
    NIM_SERVER_PORT: String(port),
    // The name before and after the images changed it.
    NIM_KVCACHE_PERCENT: share,
    NIM_KV_CACHE_PERCENT: share,
    NIM_MAX_MODEL_LEN: String(numberSetting(profile, 'maxModelLen') || ''),
    NIM_MAX_NUM_SEQS: String(numberSetting(profile, 'maxNumSeqs') || ''),
    NIM_MODEL_PROFILE: textSetting(profile, 'modelProfile'),
    NIM_SERVED_MODEL_NAME: textSetting(profile, 'servedModelName'),
    NIM_PASSTHROUGH_ARGS: textSetting(profile, 'passthroughArgs')
  }
  return { args: [], env: Object.fromEntries(Object.entries(said).filter(([, value]) => value !== '')) }
}

/** Its server inside the container, by the modules and the folder that only its images have. */
function recogniseNim(commandLine: readonly string[]): Recognised | null {
  const program = programOf(commandLine)
  if (program === null) return null
  const isNim = MODULES.test(program.module ?? '') || program.path.startsWith(OWN_FOLDER)
  if (!isNim) return null
  return {
    model: optionValue(program.args, ['--served-model-name', '--model']),
    ...listenOf(program.args, defaultPort, ['--ssl-keyfile'])
  }
}

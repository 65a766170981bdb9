import { VLLM_SPEC } from '../../../../shared/model/specs/vllm.ts'
import type { Recognised, RunnerAdapter } from '../../supervisor/adapter.ts'
import { listenOf, positionalOf, programOf } from '../common/command-line.ts'
import { DOCKER_STEPS, pullStep } from '../common/container-steps.ts'
import { createFieldAdapter } from '../common/field-adapter.ts'
import { loadedShareFromLog } from '../common/load-progress.ts'
import { activityFromMetrics, type MetricNames } from '../common/metrics-activity.ts'
import { withModelFolder } from '../common/model-source.ts'
import { proveByToken } from '../common/openai.ts'
import { optionValue } from '../common/port.ts'
import { vllmCommand } from './args.ts'
import { explainVllmExit } from './explain-exit.ts'
import { vllmSleep } from './sleep.ts'

const { defaultPort, image } = VLLM_SPEC

/** docs.vllm.ai/en/stable/usage/metrics; the second name of the counter is that of a page without '_total'. */
const METRICS: MetricNames = {
  path: '/metrics',
  running: ['vllm:num_requests_running'],
  waiting: ['vllm:num_requests_waiting'],
  tokens: ['vllm:generation_tokens_total', 'vllm:generation_tokens']
}
const MODULES: ReadonlySet<string> = new Set([
  'vllm.entrypoints.openai.api_server',
  'vllm.entrypoints.api_server'
])
const MANY_VALUED = ['--served-model-name', '--lora-modules', '--middleware', '--allowed-local-media-path']

/** vLLM's OpenAI-compatible server. */
export const vllmAdapter: RunnerAdapter = withModelFolder(
  createFieldAdapter({
    spec: VLLM_SPEC,
    programs: ['vllm'],
    containerProgram: 'vllm',
    containerPort: defaultPort,
    readyPath: '/health',
    command: vllmCommand,
    recognise: recogniseVllm,
    prove: proveByToken,
    activity: (url, timeoutMs) => activityFromMetrics(METRICS, url, timeoutMs),
    explainExit: explainVllmExit,
    loadedShare: loadedShareFromLog,
    free: vllmSleep,
    models: null,
    setUp: [
      ...DOCKER_STEPS,
      pullStep(image ?? '', "NVIDIA's image of vLLM for this machine"),
      {
        text:
          "Or without a container: 'uv venv --python 3.12 --seed ~/vllm', then " +
          "'uv pip install --python ~/vllm/bin/python vllm --torch-backend=auto', " +
          "and give ~/vllm/bin/vllm as 'Program' in the profile.",
        command: null,
        needsRoot: false
      }
    ]
  })
)

/** 'vllm serve MODEL …' or its module; its workers ('VLLM::EngineCore') and other commands of it are no servers. */
function recogniseVllm(commandLine: readonly string[]): Recognised | null {
  const program = programOf(commandLine)
  if (program === null) return null
  const isServe =
    (program.name === 'vllm' || program.module === 'vllm.entrypoints.cli.main') && program.args[0] === 'serve'
  if (!isServe && !MODULES.has(program.module ?? '')) return null
  const args = isServe ? program.args.slice(1) : program.args
  return {
    model: optionValue(args, ['--model']) ?? (isServe ? positionalOf(args, MANY_VALUED) : null),
    ...listenOf(args, defaultPort, ['--uds', '--ssl-keyfile'])
  }
}

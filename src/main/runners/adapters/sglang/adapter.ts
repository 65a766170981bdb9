import { SGLANG_SPEC } from '../../../../shared/model/specs/sglang.ts'
import type { Recognised, RunnerAdapter } from '../../supervisor/adapter.ts'
import { listenOf, programOf } from '../common/command-line.ts'
import { DOCKER_STEPS, pullStep } from '../common/container-steps.ts'
import { explainBy, PYTHON_EXPLANATIONS, type Explanation } from '../common/explain.ts'
import { createFieldAdapter } from '../common/field-adapter.ts'
import { loadedShareFromLog } from '../common/load-progress.ts'
import { activityFromMetrics, type MetricNames } from '../common/metrics-activity.ts'
import { withModelFolder } from '../common/model-source.ts'
import { proveByToken } from '../common/openai.ts'
import { optionValue } from '../common/port.ts'
import { sglangCommand } from './args.ts'
import { sglangRelease } from './release.ts'

const { defaultPort, image } = SGLANG_SPEC

/** docs.sglang.io/docs/references/production_metrics. */
const METRICS: MetricNames = {
  path: '/metrics',
  running: ['sglang:num_running_reqs'],
  waiting: ['sglang:num_queue_reqs'],
  tokens: ['sglang:generation_tokens_total']
}
const EXPLANATIONS: readonly Explanation[] = [
  {
    pattern: /Not enough memory\.? Please try to increase --mem-fraction-static/i,
    words: () =>
      "Its share of memory does not hold the model. Raise 'Share of free memory', stop another runner, " +
      'or choose a smaller model.'
  },
  {
    pattern: /Memory pool (?:is full|leak)|Please try to (?:decrease|reduce) --mem-fraction-static/i,
    words: () =>
      "Its share of memory left too little beside it. Lower 'Share of free memory', or its context."
  }
]

/** SGLang's server. */
export const sglangAdapter: RunnerAdapter = withModelFolder(
  createFieldAdapter({
    spec: SGLANG_SPEC,
    programs: ['sglang'],
    containerProgram: 'python3',
    containerPort: defaultPort,
    readyPath: '/health',
    command: sglangCommand,
    recognise: recogniseSglang,
    prove: proveByToken,
    activity: (url, timeoutMs) => activityFromMetrics(METRICS, url, timeoutMs),
    explainExit: (logTail) => explainBy([...EXPLANATIONS, ...PYTHON_EXPLANATIONS], logTail),
    loadedShare: loadedShareFromLog,
    free: sglangRelease,
    models: null,
    setUp: [
      ...DOCKER_STEPS,
      pullStep(image ?? '', 'the image of SGLang for this machine'),
      {
        text:
          "Or without a container: 'uv venv --python 3.12 --seed ~/sglang', then " +
          "'uv pip install --python ~/sglang/bin/python sglang --prerelease=allow', " +
          "and give ~/sglang/bin/python3 as 'Program' in the profile.",
        command: null,
        needsRoot: false
      }
    ]
  })
)

/** 'sglang serve …' or its module; its workers ('sglang::scheduler') are no servers. */
function recogniseSglang(commandLine: readonly string[]): Recognised | null {
  const program = programOf(commandLine)
  if (program === null) return null
  const isServer =
    (program.name === 'sglang' && program.args[0] === 'serve') || program.module === 'sglang.launch_server'
  if (!isServer) return null
  return {
    model: optionValue(program.args, ['--model-path', '--model']),
    ...listenOf(program.args, defaultPort, ['--ssl-keyfile'])
  }
}

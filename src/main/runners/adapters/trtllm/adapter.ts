import { TRTLLM_SPEC } from '../../../../shared/model/specs/trtllm.ts'
import { err } from '../../../../shared/util/result.ts'
import type { FreeOperation, Recognised, RunnerAdapter } from '../../supervisor/adapter.ts'
import { listenOf, positionalOf, programOf } from '../common/command-line.ts'
import { DOCKER_STEPS, pullStep } from '../common/container-steps.ts'
import { explainBy, PYTHON_EXPLANATIONS, type Explanation } from '../common/explain.ts'
import { createFieldAdapter } from '../common/field-adapter.ts'
import { loadedShareFromLog } from '../common/load-progress.ts'
import { withModelFolder } from '../common/model-source.ts'
import { proveByToken } from '../common/openai.ts'
import { trtllmActivity } from './activity.ts'
import { trtllmCommand } from './args.ts'

const { defaultPort, image } = TRTLLM_SPEC
const MODULE = 'tensorrt_llm.commands.serve'
/** Commands of trtllm-serve whose server is described in a file, or that are no servers at all. */
const OTHER_COMMANDS: ReadonlySet<string> = new Set([
  'disaggregated',
  'disaggregated_mpi_worker',
  'mm_embedding_serve'
])
const EXPLANATIONS: readonly Explanation[] = [
  {
    pattern:
      /Failed to allocate (?:memory for )?(?:the )?KV cache|insufficient (?:memory|blocks) for KV cache/i,
    words: () =>
      'No memory was left for its cache. Stop another runner, choose a shorter context or fewer requests at once.'
  },
  {
    pattern: /mpirun[^\n]{0,80}not found|MPI_Init[^\n]{0,40}failed|ORTE[^\n]{0,40}error/i,
    words: () => 'MPI did not start, which TensorRT-LLM needs. Run it in its image, with shared IPC.'
  }
]
const SAVES_TO_HOST =
  'TensorRT-LLM keeps what it releases in host memory, which is the same memory on this machine: nothing would come ' +
  'back. Stop it instead.'

const noRelease: FreeOperation = {
  frees: false,
  byItself: false,
  text: SAVES_TO_HOST,
  free: async () => err({ code: 'refused', message: SAVES_TO_HOST })
}

/** TensorRT-LLM's trtllm-serve. */
export const trtllmAdapter: RunnerAdapter = withModelFolder(
  createFieldAdapter({
    spec: TRTLLM_SPEC,
    programs: ['trtllm-serve'],
    containerProgram: 'trtllm-serve',
    containerPort: defaultPort,
    readyPath: '/health',
    command: trtllmCommand,
    recognise: recogniseTrtllm,
    prove: proveByToken,
    activity: trtllmActivity,
    explainExit: (logTail) => explainBy([...EXPLANATIONS, ...PYTHON_EXPLANATIONS], logTail),
    loadedShare: loadedShareFromLog,
    free: noRelease,
    models: null,
    setUp: [...DOCKER_STEPS, pullStep(image ?? '', "NVIDIA's image of TensorRT-LLM")]
  })
)

/** 'trtllm-serve [serve] MODEL …' or its module. */
function recogniseTrtllm(commandLine: readonly string[]): Recognised | null {
  const program = programOf(commandLine)
  if (program === null || (program.name !== 'trtllm-serve' && program.module !== MODULE)) return null
  const [command = '', ...rest] = program.args
  if (OTHER_COMMANDS.has(command)) return null
  const args = command === 'serve' ? rest : program.args
  return { model: positionalOf(args), ...listenOf(args, defaultPort, ['--grpc']) }
}

import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { FieldProfile } from '../../../../shared/model/runner.ts'
import { JUPYTERLAB_SPEC } from '../../../../shared/model/specs/jupyterlab.ts'
import { listSetting, textSetting } from '../../../../shared/model/specs/index.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import type { Recognised, RunnerAdapter } from '../../supervisor/adapter.ts'
import { programOf } from '../common/command-line.ts'
import { createFieldAdapter, type Command, type Listen } from '../common/field-adapter.ts'
import { refuseOptions } from '../common/extra-args.ts'
import { loopbackUrl, optionValue, portOf } from '../common/port.ts'
import { explainJupyterExit } from './explain-exit.ts'
import { planJupyter } from './plan.ts'
import { jupyterActivity, proveJupyter } from './status.ts'
import { findToken, type FindToken } from './token.ts'

const { defaultPort } = JUPYTERLAB_SPEC
const IN_PROFILE = 'Set it in the profile.'
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['--port', IN_PROFILE],
  ['--ServerApp.port', IN_PROFILE],
  ['--ip', "Switch 'Reachable from the network' on or off in the profile."],
  ['--ServerApp.ip', "Switch 'Reachable from the network' on or off in the profile."],
  ['--ServerApp.token', 'Other users would see it. Write it to a file and give that file in the profile.'],
  [
    '--IdentityProvider.token',
    'Other users would see it. Write it to a file and give that file in the profile.'
  ],
  ['--NotebookApp.token', 'Other users would see it. Write it to a file and give that file in the profile.']
])

/** JupyterLab. Its token comes from a file or from itself, never from a command line that other users can read. */
export function createJupyterAdapter(tokenOf: FindToken): RunnerAdapter {
  const base = createFieldAdapter({
    spec: JUPYTERLAB_SPEC,
    programs: ['jupyter-lab'],
    containerProgram: 'jupyter-lab',
    containerPort: defaultPort,
    // Answers without a token, and only once its handlers are there.
    readyPath: '/api',
    command,
    recognise,
    prove: (url, timeoutMs, profile) => proveJupyter(tokenOf, url, timeoutMs, profile),
    activity: (url, timeoutMs) => jupyterActivity(tokenOf, url, timeoutMs),
    explainExit: explainJupyterExit,
    loadedShare: () => null,
    free: null,
    models: null,
    setUp: [
      {
        text: 'Make a virtual environment for it.',
        command: ['python3', '-m', 'venv', 'jupyterlab'],
        needsRoot: false
      },
      {
        text: "Install JupyterLab there; give ~/jupyterlab/bin/jupyter-lab as 'Program' in the profile.",
        command: ['jupyterlab/bin/pip', 'install', 'jupyterlab'],
        needsRoot: false
      }
    ]
  })
  return { ...base, plan: (profile, context) => planJupyter(base, profile, context) }
}

export const jupyterLabAdapter: RunnerAdapter = createJupyterAdapter(findToken)

function command(profile: FieldProfile, listen: Listen): Result<Command, ContractError> {
  const extraArgs = listSetting(profile, 'extraArgs')
  const refused = refuseOptions(extraArgs, REFUSED)
  if (refused !== null) return err(refused)
  const folder = textSetting(profile, 'folder')
  const tokenFile = textSetting(profile, 'tokenFile')
  return ok({
    args: [
      '--no-browser',
      `--ip=${listen.host}`,
      `--port=${listen.port}`,
      // It would silently take another port where this one is lost in between.
      '--ServerApp.port_retries=0',
      ...(folder === '' ? [] : [`--ServerApp.root_dir=${folder}`]),
      ...extraArgs
    ],
    env: tokenFile === '' ? {} : { JUPYTER_TOKEN_FILE: tokenFile }
  })
}

/** 'jupyter-lab', 'jupyter lab' or 'python -m jupyterlab'; its kernels are none. */
function recognise(commandLine: readonly string[]): Recognised | null {
  const program = programOf(commandLine)
  if (program === null) return null
  const isLab =
    program.name === 'jupyter-lab' ||
    program.module === 'jupyterlab' ||
    ((program.name === 'jupyter' || program.module === 'jupyter') && program.args[0] === 'lab')
  if (!isLab) return null
  const said = optionValue(program.args, ['--port', '--ServerApp.port'])
  const port = said === null ? defaultPort : portOf(said)
  const isSecure = optionValue(program.args, ['--certfile', '--ServerApp.certfile']) !== null
  return { model: null, port, url: port === null || isSecure ? null : loopbackUrl(port) }
}

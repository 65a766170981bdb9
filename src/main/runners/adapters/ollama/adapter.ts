import { OLLAMA_SPEC } from '../../../../shared/model/specs/ollama.ts'
import { numberSetting } from '../../../../shared/model/specs/index.ts'
import { err, ok } from '../../../../shared/util/result.ts'
import type { RunnerAdapter } from '../../supervisor/adapter.ts'
import { programOf } from '../common/command-line.ts'
import { createFieldAdapter } from '../common/field-adapter.ts'
import { findProgram } from '../common/find-program.ts'
import { loopbackUrl } from '../common/port.ts'
import { ollamaFree, ollamaModels } from './models.ts'
import { proveOllama } from './prove.ts'

const PROGRAM = 'ollama'

const base = createFieldAdapter({
  spec: OLLAMA_SPEC,
  programs: [PROGRAM],
  containerProgram: '',
  containerPort: OLLAMA_SPEC.defaultPort,
  readyPath: '/api/version',
  command: () => ok({ args: [], env: {} }),
  recognise: recogniseOllama,
  prove: proveOllama,
  // It has no metrics; asked for upstream and not there yet.
  activity: async () => null,
  explainExit: () => null,
  loadedShare: () => null,
  free: ollamaFree,
  models: ollamaModels,
  setUp: [
    {
      text: 'Install Ollama as a system service: curl -fsSL https://ollama.com/install.sh | sh',
      command: null,
      needsRoot: true
    }
  ]
})

/** Models in the Ollama service: started and stopped by its API, the command shown does the same in a terminal. */
export const ollamaAdapter: RunnerAdapter = {
  ...base,
  async plan(profile, { env }) {
    if (profile.kind !== 'ollama') throw new Error(`not a profile of Ollama: ${profile.kind}`)
    if (profile.modelPath === '') {
      const message = `${profile.label} names no model. Give one, like ${OLLAMA_SPEC.model.placeholder}.`
      return err({ code: 'model-missing', message })
    }
    // Where the service runs in a container, there need not be a program.
    const found = await findProgram('', [PROGRAM], env)
    const port = numberSetting(profile, 'port') || OLLAMA_SPEC.defaultPort
    return ok({
      file: found.ok ? found.value : PROGRAM,
      args: ['run', '--keepalive', '-1s', profile.modelPath, ''],
      container: null,
      env: { OLLAMA_HOST: `127.0.0.1:${port}` },
      port,
      url: loopbackUrl(port),
      modelBytes: null
    })
  }
}

/** The service; where it listens is said by its environment, so its usual port is a first guess. */
function recogniseOllama(commandLine: readonly string[]): ReturnType<RunnerAdapter['recognise']> {
  const program = programOf(commandLine)
  if (program?.name !== PROGRAM || program.args[0] !== 'serve') return null
  return { model: null, port: OLLAMA_SPEC.defaultPort, url: loopbackUrl(OLLAMA_SPEC.defaultPort) }
}

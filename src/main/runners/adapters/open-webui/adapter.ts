import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { FieldProfile } from '../../../../shared/model/runner.ts'
import { flagSetting, listSetting, textSetting } from '../../../../shared/model/specs/index.ts'
import { OPEN_WEBUI_SPEC } from '../../../../shared/model/specs/open-webui.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import type { Proof, Recognised, RunnerAdapter } from '../../supervisor/adapter.ts'
import { listenOf, programOf } from '../common/command-line.ts'
import { pullStep } from '../common/container-steps.ts'
import { explainBy, PYTHON_EXPLANATIONS } from '../common/explain.ts'
import { LISTEN_OPTIONS, refuseOptions } from '../common/extra-args.ts'
import { createFieldAdapter, type Command, type Listen } from '../common/field-adapter.ts'
import { fetchJson, member } from '../common/http.ts'
import { expandHome } from '../common/job-plan.ts'

const { defaultPort, image } = OPEN_WEBUI_SPEC
const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]', '0.0.0.0'])
/** An OpenAI-like server of one's own asks for no key, but an empty one is not sent at all. */
const NO_KEY = 'none'

const base = createFieldAdapter({
  spec: OPEN_WEBUI_SPEC,
  programs: ['open-webui'],
  // The image's own start script reads HOST and PORT, and starts Ollama where the image has it.
  containerProgram: '',
  containerPort: defaultPort,
  readyPath: '/health',
  command,
  recognise,
  prove,
  activity: async () => null,
  explainExit: (log) => explainBy(PYTHON_EXPLANATIONS, log),
  loadedShare: () => null,
  free: null,
  models: null,
  setUp: [
    pullStep(image ?? '', 'the image of Open WebUI'),
    {
      text:
        "Or without a container: 'python3 -m venv ~/open-webui' with Python 3.11 or 3.12, then " +
        "'~/open-webui/bin/pip install open-webui', and give ~/open-webui/bin/open-webui as 'Program' in the profile.",
      command: null,
      needsRoot: false
    }
  ]
})

/** Open WebUI, as a program or as its vendor's image. It holds no model: Ollama and other servers do. */
export const openWebUiAdapter: RunnerAdapter = {
  ...base,
  plan(profile, context) {
    if (profile.kind === 'llamacpp' || profile.kind !== OPEN_WEBUI_SPEC.kind || profile.container !== null)
      return base.plan(profile, context)
    const dataDir = expandHome(textSetting(profile, 'dataDir'), context.env)
    return base.plan({ ...profile, settings: { ...profile.settings, dataDir } }, context)
  }
}

function command(
  profile: FieldProfile,
  listen: Listen,
  isContainer: boolean
): Result<Command, ContractError> {
  const extraArgs = listSetting(profile, 'extraArgs')
  const refused = refuseOptions(extraArgs, LISTEN_OPTIONS)
  if (refused !== null) return err(refused)
  const ollama = textSetting(profile, 'ollamaUrl')
  const openAi = textSetting(profile, 'openAiUrl')
  for (const [label, url] of [
    ['The address of Ollama', ollama],
    ['The address of the OpenAI-like server', openAi]
  ] as const) {
    const problem = url === '' ? null : addressProblem(label, url, isContainer)
    if (problem !== null) return err({ code: 'bad-request', message: problem })
  }
  const env = {
    WEBUI_AUTH: flagSetting(profile, 'auth') ? 'True' : 'False',
    ...(ollama === '' ? {} : { OLLAMA_BASE_URL: ollama }),
    ...(openAi === '' ? {} : { OPENAI_API_BASE_URL: openAi, OPENAI_API_KEY: NO_KEY })
  }
  if (isContainer)
    return ok({ args: extraArgs, env: { ...env, HOST: listen.host, PORT: String(listen.port) } })
  const dataDir = textSetting(profile, 'dataDir')
  return ok({
    args: ['serve', '--host', listen.host, '--port', String(listen.port), ...extraArgs],
    env: { ...env, ...(dataDir === '' ? {} : { DATA_DIR: dataDir }) }
  })
}

function addressProblem(label: string, url: string, isContainer: boolean): string | null {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    return `${label} begins with http:// or https://: ${url}`
  }
  if (parsed.username !== '' || parsed.password !== '') {
    return `${label} must not hold a password: it would be seen by others. Give it in Open WebUI itself.`
  }
  return isContainer && LOOPBACK_HOSTS.has(parsed.hostname)
    ? `${label} is ${parsed.hostname}: inside a container that is the container itself. ` +
        'Give an address that it can reach, like http://host.docker.internal:11434, and let that server listen there.'
    : null
}

/** 'open-webui serve', or uvicorn with its application. */
function recognise(commandLine: readonly string[]): Recognised | null {
  const program = programOf(commandLine)
  if (program === null) return null
  const isServe =
    (program.name === 'open-webui' || program.module === 'open_webui') && program.args[0] === 'serve'
  const isUvicorn =
    (program.name === 'uvicorn' || program.module === 'uvicorn') &&
    program.args.some((item) => item.startsWith('open_webui.main:'))
  // uvicorn's own default is another one.
  if (isServe) return { model: null, ...listenOf(program.args, defaultPort) }
  return isUvicorn ? { model: null, ...listenOf(program.args, 8000) } : null
}

/** Its page needs its database and its settings: both answers come from there. */
async function prove(url: string, timeoutMs: number): Promise<Proof> {
  const [health, config] = await Promise.all([
    fetchJson(new URL('/health', url).href, timeoutMs),
    fetchJson(new URL('/api/config', url).href, timeoutMs)
  ])
  if (member(health, 'status') !== true) return { works: false, text: 'It does not say that it is well.' }
  const version = member(config, 'version')
  if (typeof version !== 'string') return { works: false, text: 'It does not tell its settings.' }
  return { works: true, text: `Open WebUI ${version.slice(0, 40)} answers.` }
}

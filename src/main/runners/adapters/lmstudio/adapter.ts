import { join } from 'node:path'
import { LMSTUDIO_SPEC } from '../../../../shared/model/specs/lmstudio.ts'
import { numberSetting } from '../../../../shared/model/specs/index.ts'
import { err, ok } from '../../../../shared/util/result.ts'
import type { PlanContext, RunnerAdapter } from '../../supervisor/adapter.ts'
import { programOf } from '../common/command-line.ts'
import { createFieldAdapter } from '../common/field-adapter.ts'
import { findProgram } from '../common/find-program.ts'
import { loopbackUrl } from '../common/port.ts'
import { lmStudioFree, lmStudioModels } from './models.ts'
import { proveLmStudio } from './prove.ts'

const PROGRAM = 'lms'
/** The headless daemon, the app, and the app under its packages' name. */
const SERVICES: ReadonlySet<string> = new Set(['llmster', 'lm-studio', 'LM-Studio', 'LM Studio'])
const INSTALLER = 'https://lmstudio.ai/install.sh'
const INSTALLER_FILE = 'lmstudio-install.sh'

const base = createFieldAdapter({
  spec: LMSTUDIO_SPEC,
  programs: [PROGRAM],
  containerProgram: '',
  containerPort: LMSTUDIO_SPEC.defaultPort,
  readyPath: '/api/v1/models',
  command: () => ok({ args: [], env: {} }),
  recognise: recogniseLmStudio,
  prove: proveLmStudio,
  // It has no metrics.
  activity: async () => null,
  explainExit: () => null,
  loadedShare: () => null,
  free: lmStudioFree,
  models: lmStudioModels,
  setUp: [
    {
      text: 'Fetch the installer of LM Studio for machines without a screen.',
      command: ['curl', '-fsSL', '-o', INSTALLER_FILE, INSTALLER],
      needsRoot: false
    },
    { text: 'Install it into your home folder.', command: ['bash', INSTALLER_FILE], needsRoot: false },
    { text: "Start its server: 'lms server start'", command: null, needsRoot: false }
  ]
})

/** Its installer puts it there and not on PATH until the next login. */
const findLms = ({ env }: Pick<PlanContext, 'env'>): ReturnType<typeof findProgram> =>
  findProgram('', [PROGRAM], env, [join(env['HOME'] ?? '/', '.lmstudio', 'bin')])

/** Models in LM Studio's server: started and stopped by its API, the command shown does the same in a terminal. */
export const lmStudioAdapter: RunnerAdapter = {
  ...base,
  async installed(context) {
    const found = await findLms(context)
    return found.ok ? { path: found.value, problem: null } : { path: null, problem: found.error.message }
  },
  async plan(profile, context) {
    if (profile.kind !== 'lmstudio') throw new Error(`not a profile of LM Studio: ${profile.kind}`)
    if (profile.modelPath === '') {
      const message = `${profile.label} names no model. Give one, like ${LMSTUDIO_SPEC.model.placeholder}.`
      return err({ code: 'model-missing', message })
    }
    const found = await findLms(context)
    const port = numberSetting(profile, 'port') || LMSTUDIO_SPEC.defaultPort
    return ok({
      file: found.ok ? found.value : PROGRAM,
      args: ['load', profile.modelPath, '--yes'],
      container: null,
      env: {},
      port,
      url: loopbackUrl(port),
      modelBytes: null
    })
  }
}

/** Its main process; those of its windows say a type and are none. Where it listens is in its own settings. */
function recogniseLmStudio(commandLine: readonly string[]): ReturnType<RunnerAdapter['recognise']> {
  const program = programOf(commandLine)
  if (program === null || program.name === null || !SERVICES.has(program.name)) return null
  if (program.args.some((item) => item.startsWith('--type='))) return null
  return { model: null, port: LMSTUDIO_SPEC.defaultPort, url: loopbackUrl(LMSTUDIO_SPEC.defaultPort) }
}

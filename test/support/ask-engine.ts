import { join } from 'node:path'
import { systemClock } from '../../src/main/platform/system.ts'
import { ADAPTERS } from '../../src/main/runners/adapters/registry.ts'
import { createContainers } from '../../src/main/runners/containers/containers.ts'
import { findEngine } from '../../src/main/runners/containers/find-engine.ts'
import { createRunners } from '../../src/main/runners/supervisor/runners.ts'
import { defaultLlamaCppSettings } from '../../src/shared/settings/llamacpp-defaults.ts'
import { defaultSettings } from '../../src/shared/settings/schema.ts'
import { makeGguf } from './make-gguf.ts'
import { makeRunnerHome } from './runner-home.ts'

// A process that becomes the user argv[2], asks the container engine of its environment, tries to start a container, and
// writes what it was told as JSON. It becomes that user only now: the checkout may be closed to others.
const userId = Number(process.argv[2])
process.setgroups?.([])
process.setgid?.(userId)
process.setuid?.(userId)
const home = makeRunnerHome()
const model = makeGguf(join(home.dir, 'tiny.gguf'))
const logger = { info: () => {}, warn: () => {}, error: () => {} }
const runners = createRunners({
  places: home.places,
  clock: systemClock,
  logger,
  machine: home.machine,
  settings: () => defaultSettings(),
  adapters: ADAPTERS,
  containers: createContainers({ env: process.env, homeDir: home.dir, logger })
})
const saved = await runners.saveProfile({
  id: 'boxed',
  label: 'boxed',
  kind: 'llamacpp',
  modelPath: model,
  restartOnCrash: false,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  settings: defaultLlamaCppSettings(),
  container: {
    image: 'localhost/none:latest',
    gpus: false,
    shmMiB: 64,
    hostIpc: false,
    mounts: [{ hostPath: home.dir, containerPath: '/models', readOnly: true }],
    env: []
  }
})
if (!saved.ok) throw new Error(saved.error.message)
const { report } = await findEngine(process.env)
const started = await runners.start('boxed', undefined)
console.log(JSON.stringify({ report, started }))
runners.dispose()
home.remove()

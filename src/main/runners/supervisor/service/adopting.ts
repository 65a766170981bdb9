import type { RunnerRecord } from '../state-file.ts'
import { becomeReady, loadModel, noteLoaded } from './loading.ts'
import { isLoaded, type ModelRun, type ServiceCore } from './service-core.ts'

const LIST_TIMEOUT_MS = 2_000

/**
 * Takes back a model that an earlier core had loaded; true when it is still there. The service itself is asked: its
 * processes may have been replaced meanwhile. What keeps a second start away is done before the first await.
 */
export async function adoptModel(core: ServiceCore, record: RunnerRecord): Promise<boolean> {
  const { deps, held, facts } = core
  const { label } = core.profile
  core.running = record.profile
  if (record.bootId !== deps.bootId) {
    core.apply('found-gone', `${label} was loaded when the machine went down.`)
    return false
  }
  const run: ModelRun = {
    url: record.url,
    port: record.port,
    startedAtMs: record.startedAtMs,
    commandLine: record.commandLine,
    readyAtMs: record.readyAtMs,
    saidBytes: record.modelBytes,
    loading: null
  }
  core.run = run
  held.remember(record.members)
  held.look()
  core.apply('found', `${facts.name} is asked whether it is still loaded.`)
  core.persist()
  core.models = (await deps.adapter.models?.list(run.url, LIST_TIMEOUT_MS)) ?? null
  if (core.run !== run || core.state !== 'loading') return false
  const ours = core.ours()
  if (isLoaded(ours) && record.readyAtMs !== null) {
    await noteLoaded(core, run)
    if (core.run === run && core.state === 'loading') becomeReady(core, run)
    return true
  }
  if (isLoaded(ours) || ours?.state === 'loading') {
    // Its load was under way: asked for once more, it is joined and then asked for a token.
    run.loading = loadModel(core, run)
    return true
  }
  held.forget()
  core.run = null
  const why =
    core.models === null
      ? `${facts.name} does not answer. ${facts.howToStart}`
      : `${facts.name} no longer has it loaded.`
  core.apply('fail', `${label} was not taken back: ${why}`)
  core.persist()
  return false
}

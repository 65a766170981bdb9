import { bytesInWords, bytesOfBytes } from '../../../../shared/util/bytes-in-words.ts'
import { createLoadWatch, type LoadWatch } from '../load-watch.ts'
import { PROVE_TIMEOUT_MS, stuckWords } from '../liveness.ts'
import { residentBytes } from '../live-process.ts'
import type { ModelRun, ServiceCore } from './service-core.ts'
import { unloadModel } from './unloading.ts'

/**
 * The request to load is answered when the model is loaded. A large one from a slow disk was seen to take ten
 * minutes; one that hangs without filling memory is given up after the load timeout of the settings.
 */
const LOAD_DEADLINE_MS = 3_600_000
const LIST_TIMEOUT_MS = 2_000

/** Asks the service to load the model, then the model for a token; only that makes it ready. */
export async function loadModel(core: ServiceCore, run: ModelRun): Promise<void> {
  const { deps, held } = core
  const { modelPath, label } = core.running
  const isOurs = (): boolean => core.run === run && core.state === 'loading' && !core.closing.signal.aborted
  held.expect()
  const loaded = await deps.adapter.models?.load(run.url, modelPath, LOAD_DEADLINE_MS)
  run.loading = null
  if (!isOurs()) return
  if (loaded !== undefined && !loaded.ok) {
    core.run = null
    held.forget()
    core.apply('fail', `${label} was not loaded. ${loaded.error.message}`)
    core.persist()
    return
  }
  await noteLoaded(core, run)
  if (!isOurs()) return
  core.text = 'Loaded. It is asked for a first token.'
  core.publish()
  const proof = await deps.adapter.prove(run.url, PROVE_TIMEOUT_MS, core.running)
  if (!isOurs()) return
  // Shown, not ended: it may be of a sort that nobody can ask.
  core.stuck = proof.works ? null : stuckWords(proof.text)
  becomeReady(core, run)
}

export function becomeReady(core: ServiceCore, run: ModelRun): void {
  run.readyAtMs ??= core.deps.ports.clock.nowMs()
  core.apply('ready', `Ready at ${run.url}`)
  core.persist()
}

/** What the service and the process table say of a model that is loaded. */
export async function noteLoaded(core: ServiceCore, run: ModelRun): Promise<void> {
  core.models = (await core.deps.adapter.models?.list(run.url, LIST_TIMEOUT_MS)) ?? null
  const said = core.ours()?.bytes
  run.saidBytes = typeof said === 'number' ? said : null
  core.held.settle(run.saidBytes)
}

/** Tells of a load that goes on, and ends one that hangs. */
export interface LoadLook {
  tick(run: ModelRun): void
}

export function createLoadLook(core: ServiceCore): LoadLook {
  let watched: ModelRun | null = null
  let watch: LoadWatch | null = null
  return {
    tick(run) {
      const { ports, log } = core.deps
      if (watched !== run || watch === null) {
        watched = run
        watch = createLoadWatch(ports.clock.monotonicMs())
      }
      if (run.loading === null) return
      const bytes = residentBytes(core.held.bytes)
      core.text =
        core.held.members.length === 0
          ? `Loading in ${core.facts.name}.`
          : run.saidBytes === null
            ? `Loading: ${bytesInWords(bytes)} in memory.`
            : `Loading: ${bytesOfBytes(Math.min(bytes, run.saidBytes), run.saidBytes)} in memory.`
      const idle = watch.note(ports.clock.monotonicMs(), bytes, log.endOffset())
      const limitS = ports.settings().llamacpp.loadTimeoutS
      if (idle.memoryMs < limitS * 1000) return
      void unloadModel(
        core,
        `${core.profile.label} was not loaded: no memory was filled for ${limitS} s, so ${core.facts.name} was told ` +
          'to unload it. If it only needs more time, raise the load timeout in the settings.'
      )
    }
  }
}

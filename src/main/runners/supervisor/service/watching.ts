import { GUARD_STOPPED } from '../guarded.ts'
import { isLoaded, type ModelRun, type ServiceCore } from './service-core.ts'

/** Two small HTTP exchanges: often enough to see that somebody else unloaded it. */
const LIST_EVERY_MS = 2_000
const LIST_TIMEOUT_MS = 2_000
/** A service that loads another model may be slow once or twice. */
const SILENT_LOOKS = 3

/** Sees what becomes of a model that is ready: unloaded by others, ended with its process, or its service silent. */
export interface ServiceWatch {
  tick(run: ModelRun): void
}

export function createServiceWatch(core: ServiceCore): ServiceWatch {
  let listedMs = Number.NEGATIVE_INFINITY
  let isAsking = false
  let silentLooks = 0

  const look = async (run: ModelRun): Promise<void> => {
    const models = (await core.deps.adapter.models?.list(run.url, LIST_TIMEOUT_MS)) ?? null
    if (core.run !== run || core.state !== 'ready' || core.closing.signal.aborted) return
    if (models === null) {
      silentLooks += 1
      core.held.look()
      if (silentLooks >= SILENT_LOOKS) noteSilence(core)
      return
    }
    if (silentLooks >= SILENT_LOOKS) core.stuck = null
    silentLooks = 0
    core.models = models
    const ours = core.ours()
    if (isLoaded(ours) || ours?.state === 'loading') core.publish()
    else noteUnloaded(core)
  }

  return {
    tick(run) {
      const nowMs = core.deps.ports.clock.monotonicMs()
      if (isAsking || nowMs - listedMs < LIST_EVERY_MS) return
      listedMs = nowMs
      isAsking = true
      void look(run).finally(() => (isAsking = false))
    }
  }
}

/** Neither its processes nor its answers: the service is gone. With processes it may only be busy. */
function noteSilence(core: ServiceCore): void {
  const { facts, held } = core
  if (held.main === null && held.members.length === 0) {
    forget(core)
    core.apply(
      'fail',
      core.guardStopped ? GUARD_STOPPED : `${facts.name} ended, and the model with it. ${facts.howToStart}`
    )
    core.persist()
    return
  }
  core.stuck = `${facts.name} runs, but does not answer. The model keeps its memory.`
  core.publish()
}

function noteUnloaded(core: ServiceCore): void {
  const { facts, profile } = core
  forget(core)
  if (core.guardStopped) core.apply('fail', GUARD_STOPPED)
  else {
    core.apply('stop', 'Unloaded.')
    core.apply(
      'ended',
      `${profile.label} is no longer loaded: ${facts.name} itself or another program unloaded it.`
    )
  }
  core.persist()
}

function forget(core: ServiceCore): void {
  core.run = null
  core.models = null
  core.stuck = null
  core.held.forget()
}

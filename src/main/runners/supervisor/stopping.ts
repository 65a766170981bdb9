import type { ContractError } from '../../../shared/contract/errors.ts'
import type { StopResult } from '../../../shared/model/runner.ts'
import { err, type Result } from '../../../shared/util/result.ts'
import { stopRefusal } from './bystanders.ts'
import type { RunnerCore } from './runner-core.ts'
import { stopLive } from './stop-live.ts'

/** `failure`: why it is ended, where that was nobody's wish. A second stop joins the first. */
export function stopRunner(
  core: RunnerCore,
  failure: string | null
): Promise<Result<StopResult, ContractError>> {
  const refusal =
    core.stopping === null && core.live !== null ? stopRefusal(core.deps.ports, core.live) : null
  if (refusal !== null) {
    return Promise.resolve(
      err({ code: 'refused', message: `${core.profile.label} was not stopped: ${refusal}` })
    )
  }
  core.stopping ??= end(core, failure).finally(() => {
    core.stopping = null
  })
  return core.stopping
}

async function end(core: RunnerCore, failure: string | null): Promise<Result<StopResult, ContractError>> {
  const { ports } = core.deps
  core.retry?.abort()
  core.launching?.abort.abort()
  core.waiting?.release()
  core.apply('stop', 'Stopping.')
  await core.starting
  await core.launching?.done
  await core.cleaning
  const result = await stopLive({
    label: core.profile.label,
    live: core.live,
    ports,
    graceMs: ports.settings().llamacpp.stopTimeoutS * 1000,
    abort: core.closing.signal,
    onPhase(words) {
      core.text = words
      core.publish()
    }
  })
  if (!result.ok) return result
  core.lastStop = result.value
  // Who could not be ended is not forgotten: stop may try again, and a second copy is refused meanwhile.
  if (result.value.left.length === 0) core.live = null
  // The launch may have failed by itself meanwhile.
  if (core.state !== 'stopping') core.publish()
  else if (result.value.left.length > 0) core.apply('fail', result.value.text)
  else if (failure !== null) core.apply('fail', failure)
  else core.apply('ended', result.value.text)
  core.persist()
  return result
}

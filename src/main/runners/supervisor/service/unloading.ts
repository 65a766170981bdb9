import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { StopResult } from '../../../../shared/model/runner.ts'
import { bytesInWords } from '../../../../shared/util/bytes-in-words.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import { processesInWords } from '../identity.ts'
import { ownBytes } from '../live-process.ts'
import { describeStop, expectedBytes, waitForMemory } from '../memory-back.ts'
import { pause } from '../pause.ts'
import { isLoaded, type ModelRun, type ServiceCore } from './service-core.ts'

/** For the driver's figures, as in any stop. */
const FRESH_GPU_MS = 1_000
const LIST_TIMEOUT_MS = 2_000
/** The service answers at once; it ends what runs in the model before it unloads it. */
const UNLOAD_TIMEOUT_MS = 10_000
/** Requests under way are finished first, and the driver takes seconds to tear a large model down. */
export const UNLOAD_DEADLINE_MS = 90_000
/** Another client may have had it loaded anew. */
const AGAIN_MS = 5_000
const LOOK_INTERVAL_MS = 200

/** Unloads the model; a second stop joins the first. `failure`: why, where that was nobody's wish. */
export function unloadModel(
  core: ServiceCore,
  failure: string | null
): Promise<Result<StopResult, ContractError>> {
  core.stopping ??= end(core, failure).finally(() => {
    core.stopping = null
  })
  return core.stopping
}

async function end(core: ServiceCore, failure: string | null): Promise<Result<StopResult, ContractError>> {
  core.apply('stop', 'Stopping: asking what it holds.')
  await core.starting
  const { run } = core
  const result = run === null ? ok(nothingHeld(core.profile.label)) : await unload(core, run)
  if (!result.ok) {
    if (!core.closing.signal.aborted) core.apply('fail', result.error.message)
    return result
  }
  core.lastStop = result.value
  if (result.value.left.length === 0) {
    core.held.forget()
    core.run = null
  }
  if (result.value.left.length > 0) core.apply('fail', result.value.text)
  else if (failure !== null) core.apply('fail', failure)
  else core.apply('ended', result.value.text)
  core.persist()
  return result
}

/** Done when the service no longer lists it AND its process is gone AND its memory is back, or time is up. */
async function unload(core: ServiceCore, run: ModelRun): Promise<Result<StopResult, ContractError>> {
  const { deps, held, facts, closing } = core
  const { machine, clock } = deps.ports
  const { label, modelPath } = core.running
  const began = clock.monotonicMs()
  await machine.freshGpu(FRESH_GPU_MS)
  held.look()
  const wasSeen = held.members.length > 0
  const gpuBytes = held.isGpuKnown ? held.bytes.gpuBytes : held.gpuPeakBytes
  const bytesExpected = wasSeen ? expectedBytes({ ...held.bytes, gpuBytes }) : (run.saidBytes ?? 0)
  const beforeBytes = machine.availableBytes()
  tell(core, `Stopping: waiting for ${facts.name} to unload it.`)
  let askedMs = Number.NEGATIVE_INFINITY
  let wasLoading = run.loading !== null
  let refusal: string | null = null
  for (;;) {
    const nowMs = clock.monotonicMs()
    // A load that could not be taken back is over now: what it loaded goes at once.
    const hasJustLoaded = wasLoading && run.loading === null
    wasLoading = run.loading !== null
    if (hasJustLoaded || nowMs - askedMs >= AGAIN_MS) {
      askedMs = nowMs
      const asked = await deps.adapter.models?.unload(run.url, modelPath, UNLOAD_TIMEOUT_MS)
      refusal = asked === undefined || asked.ok ? null : asked.error.message
    }
    core.models = (await deps.adapter.models?.list(run.url, LIST_TIMEOUT_MS)) ?? null
    held.look()
    core.publish()
    const isGone = held.members.length === 0
    const ours = core.ours()
    const isListed = isLoaded(ours) || ours?.state === 'loading'
    // A service that answers nobody and holds nothing is gone, and the model with it.
    const isUnloaded = core.models === null ? wasSeen && isGone : !isListed
    if (isUnloaded && isGone && run.loading === null) break
    if (nowMs - began >= UNLOAD_DEADLINE_MS) break
    if (!(await pause(LOOK_INTERVAL_MS, closing.signal))) return err(interrupted(label))
  }
  const left = held.members.map(({ pid, name }) => ({ pid, name, bytes: ownBytes(machine, pid) }))
  const stillListed = core.ours()
  if (left.length === 0) {
    tell(core, `Stopping: it is unloaded, waiting for ${bytesInWords(bytesExpected)} to come back.`)
  }
  const stillHeld = left.reduce((sum, item) => sum + item.bytes, 0)
  const back = await waitForMemory({
    machine,
    clock,
    beforeBytes,
    expectedBytes: Math.max(0, bytesExpected - stillHeld),
    abort: closing.signal
  })
  if (closing.signal.aborted) return err(interrupted(label))
  const isProven = wasSeen || run.saidBytes !== null
  const result = describeStop({
    label,
    bytesReturned: back.bytesReturned,
    bytesExpected,
    seconds: (clock.monotonicMs() - began) / 1000,
    left,
    memoryIsBack: back.memoryIsBack && left.length === 0 && isProven,
    gpuReport: held.isGpuKnown ? 'fresh' : gpuBytes > 0 ? 'earlier' : 'never'
  })
  if (left.length > 0) {
    const why = refusal ?? (isLoaded(stillListed) ? 'it still lists it as loaded' : 'its process did not end')
    return ok({
      ...result,
      text:
        `${facts.name} did not unload ${label}: ${why}. ${processesInWords(held.members)} still holds ` +
        `${bytesInWords(stillHeld)}. Stop it once more, or restart ${facts.name}.`
    })
  }
  if (isLoaded(stillListed)) {
    const why = refusal === null ? '' : ` (${refusal})`
    return err({
      code: 'runner-failed',
      message: `${facts.name} still lists ${label} as loaded after ${UNLOAD_DEADLINE_MS / 1000} s${why}. Unload it there.`
    })
  }
  if (isProven) return ok(result)
  return ok({
    ...result,
    text:
      `${facts.name} unloaded ${label}. Which of its processes held it is not known, so the return of its memory ` +
      `cannot be proven; ${bytesInWords(back.bytesReturned)} came back.`
  })
}

const tell = (core: ServiceCore, words: string): void => {
  core.text = words
  core.publish()
}

const nothingHeld = (label: string): StopResult =>
  describeStop({ label, bytesReturned: 0, bytesExpected: 0, seconds: 0, left: [], memoryIsBack: true })

const interrupted = (label: string): ContractError => ({
  code: 'disconnected',
  message: `Firebreak ended before the stop of ${label} was done.`
})

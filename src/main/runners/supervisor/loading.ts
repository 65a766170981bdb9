import { bytesOfBytes } from '../../../shared/util/bytes-in-words.ts'
import { residentBytes, type LiveProcess } from './live-process.ts'
import type { RunnerCore } from './runner-core.ts'
import { stopRunner } from './stopping.ts'

/** A server on loopback answers in milliseconds; while it loads it may be slow, and is asked again. */
const PROBE_TIMEOUT_MS = 2_000
/**
 * A server that logs every request logs our own questions, too, and so seems to go on for ever. Without growth of
 * memory its log counts as progress for this many load timeouts: enough for any warming up after the weights.
 */
export const LOG_ONLY_TIMEOUTS = 10

/** One look at a runner that loads: its progress in words, whether it hangs, whether it is ready. */
export function watchLoading(core: RunnerCore, current: LiveProcess): void {
  const { log, ports } = core.deps
  if (current.readyAtMs !== null) {
    // Taken back from an earlier core: a server that is only busy or paused must not be ended for that.
    core.text = 'It was ready before, but does not answer now. It is asked again.'
    void askReadiness(core, current)
    return
  }
  const { modelBytes } = current.facts
  const loaded = residentBytes(current.bytes)
  core.text =
    modelBytes === null
      ? 'Loading.'
      : `Loading: ${bytesOfBytes(Math.min(loaded, modelBytes), modelBytes)} in memory.`
  const idle = current.loadWatch.note(ports.clock.monotonicMs(), loaded, log.endOffset())
  const limitS = ports.settings().llamacpp.loadTimeoutS
  const isSilent = idle.ms >= limitS * 1000
  if (isSilent || idle.memoryMs >= limitS * LOG_ONLY_TIMEOUTS * 1000) {
    const what = isSilent
      ? `no progress for ${limitS} s`
      : `it wrote to its log, but no memory was filled for ${limitS * LOG_ONLY_TIMEOUTS} s`
    void stopRunner(
      core,
      `${core.profile.label} never became ready: ${what}, so it was stopped. ` +
        'Look at its log; if it only needs more time, raise the load timeout in the settings.'
    )
    return
  }
  void askReadiness(core, current)
}

/** Asks the server, unless a question is out already; what it says may make the runner ready. */
export async function askReadiness(core: RunnerCore, current: LiveProcess): Promise<void> {
  if (current.probing) return
  current.probing = true
  const readiness = await core.deps.adapter.probe(current.facts.url, PROBE_TIMEOUT_MS)
  current.probing = false
  if (core.live !== current || current.exit !== null || core.closing.signal.aborted) return
  if (readiness !== 'ready' || (core.state !== 'loading' && core.state !== 'starting')) return
  current.readyAtMs ??= core.deps.ports.clock.nowMs()
  core.apply('ready', `Ready at ${current.facts.url}`)
  core.persist()
}

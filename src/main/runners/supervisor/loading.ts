import { bytesOfBytes } from '../../../shared/util/bytes-in-words.ts'
import { residentBytes, type LiveProcess } from './live-process.ts'
import type { RunnerCore } from './runner-core.ts'
import { stopRunner } from './stopping.ts'

/** A server on loopback answers in milliseconds; while it loads it may be slow, and is asked again. */
export const PROBE_TIMEOUT_MS = 2_000

/** One look at a runner that loads: its progress in words, whether it hangs, whether it is ready. */
export function watchLoading(core: RunnerCore, current: LiveProcess): void {
  const { adapter, log, ports } = core.deps
  const { modelBytes, url } = current.facts
  const loaded = residentBytes(current.bytes)
  core.text =
    modelBytes === null
      ? 'Loading.'
      : `Loading: ${bytesOfBytes(Math.min(loaded, modelBytes), modelBytes)} in memory.`
  const idleMs = current.loadWatch.note(ports.clock.monotonicMs(), loaded, log.endOffset())
  const limitS = ports.settings().llamacpp.loadTimeoutS
  if (idleMs >= limitS * 1000) {
    void stopRunner(
      core,
      `${core.profile.label} never became ready: no progress for ${limitS} s, so it was stopped. ` +
        'Look at its log; if it only needs more time, raise the load timeout in the settings.'
    )
    return
  }
  if (current.probing) return
  current.probing = true
  void adapter.probe(url, PROBE_TIMEOUT_MS).then((readiness) => {
    current.probing = false
    if (core.live !== current || current.exit !== null || core.closing.signal.aborted) return
    if (readiness === 'ready' && (core.state === 'loading' || core.state === 'starting')) {
      current.readyAtMs = ports.clock.nowMs()
      core.apply('ready', `Ready at ${url}`)
      core.persist()
    }
  })
}

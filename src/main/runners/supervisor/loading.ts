import { bytesOfBytes } from '../../../shared/util/bytes-in-words.ts'
import { isAskable } from './address.ts'
import { PROVE_TIMEOUT_MS, stuckWords } from './liveness.ts'
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
/** A server that has just loaded may refuse the first questions: asked this often … */
const PROVE_EVERY_MS = 1_000
/** … for this long, after which it is believed to be stuck. */
const PROVE_FOR_MS = 20_000

/** One look at a runner that loads: its progress in words, whether it hangs, whether it is ready. */
export function watchLoading(core: RunnerCore, current: LiveProcess): void {
  const { log, ports } = core.deps
  if (current.readyAtMs !== null) {
    // Taken back from an earlier core: a server that is only busy or paused must not be ended for that.
    core.text = 'It was ready before, but does not answer now. It is asked again.'
    void askReadiness(core, current)
    return
  }
  if (current.facts.adopted !== undefined) {
    // Somebody else's wish started it: nobody but its user knows whether it hangs.
    core.text = 'Taken over as it runs. It does not say yet that it is ready, and is asked again.'
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

/**
 * Asks the server, unless a question is out already; one that answers is asked for a real piece of work.
 *
 * Its health page says 'ready' long before some can make a token, and never takes it back. One that does not do its
 * work after several tries is shown as ready and stuck, not ended: it may be of a sort that nobody can ask.
 * Never rejects: nobody waits for it.
 */
export async function askReadiness(core: RunnerCore, current: LiveProcess): Promise<void> {
  try {
    await ask(core, current)
  } catch (error) {
    core.deps.ports.logger.error(`${core.profile.id} cannot be asked whether it is ready`, error)
  }
}

async function ask(core: RunnerCore, current: LiveProcess): Promise<void> {
  const { adapter, ports } = core.deps
  const { unproven } = current
  if (
    current.probing ||
    (unproven !== null && ports.clock.monotonicMs() - unproven.askedMs < PROVE_EVERY_MS)
  ) {
    return
  }
  const { url } = current.facts
  if (!isAskable(adapter.kind, url)) {
    // Only a file of an earlier version says so. It stays in sight, and can be stopped.
    current.readyAtMs ??= ports.clock.nowMs()
    core.apply(
      'ready',
      'Running. Its address is not known, so it is not asked how it does. Stop it, then start it again.'
    )
    core.persist()
    return
  }
  current.probing = true
  try {
    const readiness = await adapter.probe(url, PROBE_TIMEOUT_MS)
    if (!isWaiting(core, current) || readiness !== 'ready') return
    // Taken back from an earlier core: it was asked then.
    const wasReady = current.readyAtMs !== null
    const proof = wasReady ? null : await adapter.prove(url, PROVE_TIMEOUT_MS, core.running)
    if (!isWaiting(core, current)) return
    if (proof !== null && !proof.works) {
      const nowMs = ports.clock.monotonicMs()
      current.unproven = { sinceMs: current.unproven?.sinceMs ?? nowMs, askedMs: nowMs }
      core.text = `It answers, but does not work yet: ${proof.text}`
      core.publish()
      if (nowMs - current.unproven.sinceMs < PROVE_FOR_MS) return
      core.stuck = stuckWords(proof.text)
    }
    current.readyAtMs ??= ports.clock.nowMs()
    core.apply('ready', url === '' ? 'Running' : `Ready at ${url}`)
    core.persist()
  } finally {
    current.probing = false
  }
}

const isWaiting = (core: RunnerCore, current: LiveProcess): boolean =>
  core.live === current &&
  current.exit === null &&
  !core.closing.signal.aborted &&
  (core.state === 'loading' || core.state === 'starting')

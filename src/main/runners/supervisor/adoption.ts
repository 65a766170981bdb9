import type { Ending } from './ending.ts'
import { createLiveProcess } from './live-process.ts'
import { createLoadWatch } from './load-watch.ts'
import { PROBE_TIMEOUT_MS } from './loading.ts'
import type { RunnerCore } from './runner-core.ts'
import type { RunnerRecord } from './state-file.ts'

/** Takes back what an earlier core left; true when it is alive. */
export async function adoptRunner(core: RunnerCore, ending: Ending, record: RunnerRecord): Promise<boolean> {
  const { ports, log, adapter, bootId } = core.deps
  const { clock } = ports
  const { label } = core.profile
  const found = createLiveProcess(ports, record, {
    child: null,
    loadWatch: createLoadWatch(clock.monotonicMs()),
    logStart: log.endOffset(),
    readyAtMs: record.readyAtMs
  })
  core.running = record.profile
  if (record.bootId !== bootId) {
    core.apply('found-gone', `${label} was running when the machine went down.`)
    return false
  }
  found.look(false)
  core.live = found
  if (!found.isRootAlive()) {
    core.apply('found-gone', `${label} ended while Firebreak was not running. Its log may say why.`)
    await ending.cleanUp(found)
    return false
  }
  const readiness = await adapter.probe(record.url, PROBE_TIMEOUT_MS)
  if (core.closing.signal.aborted) return false
  if (readiness === 'ready') {
    found.readyAtMs ??= clock.nowMs()
    core.apply('found-ready', `Ready at ${record.url}`)
  } else core.apply('found-loading', 'Loading.')
  core.persist()
  return true
}

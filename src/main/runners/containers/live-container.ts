import { disposable } from '../../../shared/util/disposable.ts'
import type { Logger } from '../../platform/ports.ts'
import type { ContainerRecord, LiveContainer } from '../supervisor/container-port.ts'
import { readContainerEnd } from './container-end.ts'
import { createEngineClient, type EngineClient } from './engine-client.ts'
import { followLog } from './follow-log.ts'

/** After its SIGKILL an engine has the container gone in a second or two; a large model's driver teardown takes some. */
const STOP_EXTRA_MS = 20_000
const KILL_TIMEOUT_MS = 10_000
/** From the end of its first process until the engine has noticed. */
const END_TIMEOUT_MS = 10_000
const INSPECT_TIMEOUT_MS = 5_000
/** The rest of its output comes at once; an engine that does not end the stream must not hold up a stop. */
const DRAIN_TIMEOUT_MS = 5_000
/** Storage of a large image is taken apart slowly on slow disks. */
const REMOVE_TIMEOUT_MS = 60_000

export function createLiveContainer(options: {
  readonly record: ContainerRecord
  readonly logPath: string
  /** Wall clock; null = its output from the beginning. */
  readonly sinceMs: number | null
  readonly logger: Logger
}): LiveContainer {
  const { record, logPath, sinceMs, logger } = options
  const client = createEngineClient(record.socket)
  const following = followLog({ client, id: record.id, path: logPath, sinceMs, logger })
  const path = `/containers/${record.id}`
  return {
    record,
    async stop(graceMs, abort) {
      const stopped = await client.json({
        method: 'POST',
        path: `${path}/stop`,
        query: { t: String(Math.ceil(graceMs / 1000)) },
        timeoutMs: graceMs + STOP_EXTRA_MS,
        abort
      })
      if (stopped.ok || stopped.error.kind === 'aborted') return
      if (stopped.error.kind === 'refused' && stopped.error.status === 404) return
      logger.warn(`container ${record.id} was not stopped: ${stopped.error.text}`)
      await client.json({ method: 'POST', path: `${path}/kill`, timeoutMs: KILL_TIMEOUT_MS, abort })
    },
    async end(abort) {
      // Answers when it has ended, or at once where it had.
      await client.json({ method: 'POST', path: `${path}/wait`, timeoutMs: END_TIMEOUT_MS, abort })
      const inspected = await client.json({ path: `${path}/json`, timeoutMs: INSPECT_TIMEOUT_MS, abort })
      await settledWithin(following.done, DRAIN_TIMEOUT_MS)
      return inspected.ok ? readContainerEnd(inspected.value) : null
    },
    async remove() {
      await settledWithin(following.done, DRAIN_TIMEOUT_MS)
      const problem = await removeContainer(client, record.id)
      // Also where it could not be removed: nobody asks for it again.
      following.dispose()
      if (problem !== null) logger.warn(`container ${record.id} was not removed: ${problem}`)
      return problem
    },
    ...disposable(() => following.dispose())
  }
}

/** With its anonymous volumes, even where it runs; null also where there is none any more. */
export async function removeContainer(client: EngineClient, id: string): Promise<string | null> {
  const removed = await client.json({
    method: 'DELETE',
    path: `/containers/${id}`,
    query: { force: '1', v: '1' },
    timeoutMs: REMOVE_TIMEOUT_MS
  })
  if (removed.ok || (removed.error.kind === 'refused' && removed.error.status === 404)) return null
  return removed.error.text
}

function settledWithin(work: Promise<void>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  void work.then(resolve, resolve).finally(() => clearTimeout(timer))
  return promise
}

import { statSync } from 'node:fs'
import { sparedBelowAdopted } from './bystanders.ts'
import { isOfContainer } from './container-members.ts'
import type { LiveContainer } from './container-port.ts'
import type { Ending } from './ending.ts'
import { isAlive } from './identity.ts'
import { createLiveProcess } from './live-process.ts'
import { createLoadWatch } from './load-watch.ts'
import { askReadiness } from './loading.ts'
import type { RunnerCore } from './runner-core.ts'
import type { RunnerRecord } from './state-file.ts'

/**
 * Takes back what an earlier core left; true when it is alive. All that keeps a second copy from being started is
 * done before the first await: who calls this for every record has adopted them all when the calls return. Asking
 * the server and ending what a dead one left behind come after.
 */
export async function adoptRunner(core: RunnerCore, ending: Ending, record: RunnerRecord): Promise<boolean> {
  const { ports, log, bootId } = core.deps
  const { label } = core.profile
  core.running = record.profile
  if (record.bootId !== bootId) {
    core.apply('found-gone', `${label} was running when the machine went down.`)
    return false
  }
  if (isSomebodyElses(core, record)) {
    core.apply('found-gone', `${label} is lost: process ${record.root.pid} is not of its container. ${LOST}`)
    return false
  }
  const container = attach(core, record)
  const found = createLiveProcess(ports, record, {
    child: null,
    container,
    loadWatch: createLoadWatch(ports.clock.monotonicMs()),
    logStart: log.endOffset(),
    readyAtMs: record.readyAtMs,
    isSpared: sparedBelowAdopted(ports, record)
  })
  found.look(false)
  core.live = found
  if (!found.isRootAlive()) {
    core.apply('found-gone', `${label} ended while Firebreak was not running. Its log may say why.`)
    // Until the engine has said it, nobody else may think that all is done.
    core.cleaning = container === null ? null : tellEnd(core, container)
    await core.cleaning
    await ending.cleanUp(found)
    return false
  }
  core.apply('found', 'Found running; asking whether it is ready.')
  core.persist()
  await askReadiness(core, found)
  return true
}

const LOST = 'Look for the container with docker ps, or podman ps.'

/** The number was told by an engine that counts the processes of another machine: whoever has it here is left alone. */
function isSomebodyElses({ deps }: RunnerCore, { root, container, mark }: RunnerRecord): boolean {
  if (container === null) return false
  const { machine, places } = deps.ports
  const isThere = machine
    .processes()
    .some((one) => one.pid === root.pid && one.startTicks === root.startTicks && isAlive(one))
  return isThere && !isOfContainer(places.procRoot, root.pid, container.id, mark)
}

async function tellEnd(core: RunnerCore, container: LiveContainer): Promise<void> {
  const said = await container.end(core.closing.signal)
  if (said === null) return
  core.text = `While Firebreak was not running, ${core.profile.label} ${said.words}. Its log may say why.`
  core.publish()
}

/** Its output since the log was last written to is what this core has missed. */
function attach({ deps, closing }: RunnerCore, record: RunnerRecord): LiveContainer | null {
  if (record.container === null) return null
  const { log, ports } = deps
  const sinceMs = statSync(log.path, { throwIfNoEntry: false })?.mtimeMs ?? null
  const container = ports.containers?.attach(record.container, log.path, sinceMs) ?? null
  if (container === null) return null
  closing.signal.addEventListener('abort', () => container.dispose(), { once: true })
  if (record.adopted === undefined) return container
  // Somebody else made it and may want it again: only what we made is removed.
  const remove = async (): Promise<null> => {
    await container.end(closing.signal)
    container.dispose()
    return null
  }
  return { ...container, remove }
}

import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import { bytesOfBytes } from '../../../shared/util/bytes-in-words.ts'
import type { LaunchPlan } from './adapter.ts'
import { PLAIN_WISH } from './admission-port.ts'
import { endTree } from './end-tree.ts'
import { exitInWords, isCrash, type ExitStatus } from './exit-words.ts'
import { GUARD_STOPPED } from './guarded.ts'
import type { LiveProcess, WhileAlive } from './live-process.ts'
import { expectedBytes, waitForMemory } from './memory-back.ts'
import { pause } from './pause.ts'
import { MAX_RESTARTS, type RestartBudget } from './restart-budget.ts'
import type { RunnerCore } from './runner-core.ts'
import { hasLostPort, MAX_LOST_PORTS } from './lost-port.ts'
import { isScopeRefusal } from './scope.ts'
import { processesInWords } from './identity.ts'
import { createStarting, type Starting } from './starting.ts'

/** Of the log, for the reason of an exit. */
const REASON_TAIL_BYTES = 65_536
/** For what a crashed or ended runner left behind: nobody waits for an orderly end of an orphan. */
const ORPHAN_GRACE_MS = 2_000

/** What follows when a runner ends without being asked to: words, what it left behind, another try. */
export interface Ending {
  readonly starting: Starting
  onEnd(ended: LiveProcess, status: ExitStatus, plan: LaunchPlan | null): Promise<void>
  /** Ends what a runner left behind when its root was gone, so that nobody holds its memory unseen. */
  cleanUp(ended: LiveProcess): Promise<void>
}

export function createEnding(core: RunnerCore, budget: RestartBudget): Ending {
  const { deps, closing } = core
  const { log, adapter, ports, scopes } = deps
  const { clock, logger } = ports
  /** In a row. */
  let lostPorts = 0

  /** The launch once more, on another port; false where that is not to be. */
  const onAnotherPort = async (ended: LiveProcess, tail: string): Promise<boolean> => {
    if (lostPorts >= MAX_LOST_PORTS || !hasLostPort(core.running, tail)) return false
    lostPorts += 1
    const planned = await deps.plan(core.running)
    if (core.live !== ended || core.stopping !== null || !core.isActive() || closing.signal.aborted)
      return true
    if (!planned.ok) return false
    logger.warn(
      `another program took the port of ${core.profile.id} first; it is launched on ${planned.value.port}`
    )
    core.starting = starting.spawn(planned.value)
    await core.starting
    core.starting = null
    return true
  }

  const onEnd = async (ended: LiveProcess, seen: ExitStatus, plan: LaunchPlan | null): Promise<void> => {
    if (core.live !== ended) return
    const said = ended.container === null ? null : await ended.container.end(closing.signal)
    // While the engine was asked, a stop may have come and done the rest.
    const isOverdue = core.live !== ended || core.stopping !== null || !core.isActive()
    if (ended.container !== null && (isOverdue || closing.signal.aborted)) return
    const status = said?.status ?? seen
    const tail = log.read(
      Math.max(ended.logStart, log.endOffset() - REASON_TAIL_BYTES),
      REASON_TAIL_BYTES
    ).text
    const wasReady = core.state === 'ready'
    if (plan !== null && !wasReady && ended.facts.scopeUnit !== null && isScopeRefusal(tail)) {
      logger.warn('systemd refused a scope; runners are launched without one from now on')
      scopes.disable()
      core.starting = starting.spawn(plan)
      await core.starting
      core.starting = null
      return
    }
    const isProcess = plan !== null && plan.container === null
    if (isProcess && !wasReady && (await onAnotherPort(ended, tail))) return
    lostPorts = 0
    const { whileAlive } = ended
    const mayRetry = wasReady && core.running.restartOnCrash && isCrash(status) && !core.guardStopped
    const waitMs = mayRetry ? budget.take(clock.monotonicMs()) : null
    const words = core.guardStopped
      ? GUARD_STOPPED
      : endWords(
          core.profile.label,
          said?.words ?? exitInWords(status, ended.facts.adopted && 'somebody else'),
          status,
          wasReady,
          adapter.explainExit(tail)
        )
    if (waitMs === null) {
      core.apply('fail', mayRetry ? `${words} It crashed too often to be started again.` : words)
    } else {
      core.restarts += 1
      core.apply('retry', `${words} Starting it again (${core.restarts} of ${MAX_RESTARTS}).`)
    }
    await cleanUp(ended)
    if (waitMs !== null) await again(waitMs, whileAlive)
  }

  const starting = createStarting(core, onEnd)

  const again = async (waitMs: number, before: WhileAlive | null): Promise<void> => {
    const retry = new AbortController()
    core.retry = retry
    const abort = AbortSignal.any([retry.signal, closing.signal])
    const shortage = before === null ? null : await shortageAfter(before, abort)
    const waited = await pause(waitMs, abort)
    core.retry = null
    if (!waited || core.state !== 'restarting') return
    if (shortage !== null) {
      core.apply('fail', `${core.text} ${shortage}`)
      return
    }
    core.starting = starting.begin('relaunch', core.running, PLAIN_WISH)
    const started = await core.starting
    core.starting = null
    if (!started.ok && core.state === 'restarting') core.apply('fail', started.error.message)
  }

  /** Waits for the crashed one's memory; why it may not be started again, or null where there is room. */
  const shortageAfter = async (before: WhileAlive, abort: AbortSignal): Promise<string | null> => {
    const needed = expectedBytes(before.bytes)
    const back = await waitForMemory({
      machine: ports.machine,
      clock,
      beforeBytes: before.availableBytes,
      expectedBytes: needed,
      abort
    })
    if (back.memoryIsBack || ports.machine.availableBytes() >= needed) return null
    return `It is not started again: only ${bytesOfBytes(back.bytesReturned, needed)} of its memory came back.`
  }

  const endOrphans = async (ended: LiveProcess): Promise<void> => {
    const count = ended.look(true).length
    if (count > 0) {
      const report = await endTree({
        look: (thorough) => ended.look(thorough),
        graceMs: ORPHAN_GRACE_MS,
        clock,
        kill: process.kill,
        abort: closing.signal
      })
      if (!report.finished) return
      core.text = `${core.text} ${leftBehind(count, report.left)}`
      // Who could not be ended is not forgotten: it holds memory, and its record says so to the next core.
      if (report.left.length > 0) {
        if (core.state === 'restarting') core.apply('fail', core.text)
        else core.publish()
        return
      }
    }
    await ended.container?.remove()
    if (core.live === ended) core.live = null
    core.persist()
    core.publish()
  }

  const cleanUp = async (ended: LiveProcess): Promise<void> => {
    core.cleaning = endOrphans(ended)
    await core.cleaning
    core.cleaning = null
  }

  return { starting, onEnd, cleanUp }
}

function leftBehind(count: number, left: readonly ProcessInfo[]): string {
  if (left.length > 0) return `${processesInWords(left)} could not be ended, even with SIGKILL.`
  return count === 1 ? 'A process it left behind was ended.' : `${count} processes it left behind were ended.`
}

function endWords(
  label: string,
  how: string,
  status: ExitStatus,
  wasReady: boolean,
  reason: string | null
): string {
  const when = wasReady ? '' : status.code === 0 ? ' before it was ready' : ' while loading'
  const why = reason === null ? 'Look at its log.' : reason
  return `${label} ${insertBefore(how, when)}. ${why}`
}

/** 'was killed (SIGKILL) from outside; the kernel's …' reads better with the time before the explanation. */
function insertBefore(how: string, when: string): string {
  const cut = how.search(/[;]/)
  return cut < 0 ? how + when : how.slice(0, cut) + when + how.slice(cut)
}

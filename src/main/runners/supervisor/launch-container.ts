import { closeSync } from 'node:fs'
import type { ContractError } from '../../../shared/contract/errors.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { LaunchPlan } from './adapter.ts'
import { isOfContainer } from './container-members.ts'
import type { LiveContainer } from './container-port.ts'
import { newMark } from './environment-mark.ts'
import { logProblem } from './launch.ts'
import { createLiveProcess, type LiveProcess } from './live-process.ts'
import { createLoadWatch } from './load-watch.ts'
import type { LogFile } from './log-file.ts'
import { redactArgs } from './redact.ts'
import type { SupervisorPorts } from './types.ts'

/** Starts what a plan says in a container; settles once its first process is there, or with nothing left behind. */
export async function launchContainer(options: {
  readonly id: string
  readonly plan: LaunchPlan
  readonly log: LogFile
  readonly ports: SupervisorPorts
  readonly abort: AbortSignal
  readonly onPhase: (words: string) => void
}): Promise<Result<LiveProcess, ContractError>> {
  const { id, plan, log, ports, abort, onPhase } = options
  const { clock, places, machine, containers } = ports
  if (containers === undefined) {
    return err({ code: 'internal', message: 'This core cannot start containers.' })
  }
  const startedAtMs = clock.nowMs()
  const mark = newMark(id, places.dataDir)
  const announced = redactArgs(containers.commandLine(id, plan))
  try {
    closeSync(log.openForRunner(`--- ${new Date(startedAtMs).toISOString()} ${announced.join(' ')}`))
  } catch (error) {
    return err(logProblem(id, log.path, error))
  }
  const logStart = log.endOffset()
  const started = await containers.start({ id, mark, plan, logPath: log.path, abort, onPhase })
  if (!started.ok) return started
  const { container, pid } = started.value
  const startTicks = machine.processes().find((item) => item.pid === pid)?.startTicks ?? 0
  if (!isOfContainer(places.procRoot, pid, container.record.id, mark)) {
    return err(await giveUp(id, container, abort))
  }
  return ok(
    createLiveProcess(
      ports,
      {
        root: { pid, startTicks },
        members: [],
        // The first process of a container leads a session and a group of its own.
        processGroupId: pid,
        mark,
        scopeUnit: null,
        container: container.record,
        port: plan.port,
        url: plan.url,
        modelBytes: plan.modelBytes,
        startedAtMs,
        // By now it is known which engine did it.
        commandLine: redactArgs(containers.commandLine(id, plan))
      },
      { child: null, container, loadWatch: createLoadWatch(clock.monotonicMs()), logStart, readyAtMs: null }
    )
  )
}

/** Nothing of it can be seen from here, so nothing of it may be ended by number: the engine alone is asked. */
async function giveUp(id: string, container: LiveContainer, abort: AbortSignal): Promise<ContractError> {
  const said = await container.end(abort)
  // Nothing of a log that nobody will read is waited for.
  if (said === null) container.dispose()
  const problem = await container.remove()
  container.dispose()
  const what =
    said === null
      ? 'The container was started, but its processes are not on this machine: the container engine runs in a ' +
        'virtual machine, on another machine or in another pid namespace. Firebreak could not measure or stop it. ' +
        'Use an engine that runs on this machine itself'
      : `The container ${said.words} as soon as it was started. Look at its log`
  const left = problem === null ? '' : ` ${id} could not be removed: ${problem}.`
  return { code: 'runner-failed', message: `${what}.${left}` }
}

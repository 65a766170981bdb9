import type { ContractError } from '../../../shared/contract/errors.ts'
import type { GuardEvent } from '../../../shared/model/guard.ts'
import type { Profile, RunnerView, StopResult } from '../../../shared/model/runner.ts'
import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import { disposable, type Disposable } from '../../../shared/util/disposable.ts'
import { err, type Result } from '../../../shared/util/result.ts'
import { PLAIN_WISH, type StartWish } from './admission-port.ts'
import { adoptRunner } from './adoption.ts'
import { createEnding } from './ending.ts'
import { noteGuardEvent } from './guarded.ts'
import type { LiveProcess } from './live-process.ts'
import { createLiveness } from './liveness.ts'
import { watchLoading } from './loading.ts'
import { createRestartBudget } from './restart-budget.ts'
import { createModelsWatch } from './service/models-watch.ts'
import { createRunnerCore, type RunnerCore, type SupervisorDeps } from './runner-core.ts'
import type { RunnerRecord } from './state-file.ts'
import { stopRunner } from './stopping.ts'
import { runningOf, startOfWaiting, stopWait } from './waiting.ts'

/** One runner: a profile, and its processes from start to proof that their memory is back. */
export interface Supervisor extends Disposable {
  profile(): Profile
  setProfile(profile: Profile): void
  /** As it was launched where it runs, whatever its profile says since. */
  running(): Profile
  view(): RunnerView
  /** True from the request to start until its processes are gone. */
  isBusy(): boolean
  start(profile: Profile, wish?: StartWish): Promise<Result<RunnerView, ContractError>>
  stop(): Promise<Result<StopResult, ContractError>>
  /** Takes back what an earlier core left; true when it is alive. */
  adopt(record: RunnerRecord): Promise<boolean>
  /** Looks at the process table, the log and the server; called often while busy. */
  tick(processes: readonly ProcessInfo[]): void
  record(): RunnerRecord | null
  /** See Runners. */
  noteGuardEvent(kind: GuardEvent['kind']): void
}

export function createSupervisor(initial: Profile, deps: SupervisorDeps): Supervisor {
  const core = createRunnerCore(initial, deps)
  const budget = createRestartBudget()
  const ending = createEnding(core, budget)
  const liveness = createLiveness(core)
  const models = createModelsWatch(core)
  return {
    profile: () => core.profile,
    setProfile(next) {
      core.profile = next
      core.publish()
    },
    running: () => runningOf(core),
    view: () => core.view(),
    isBusy: () => core.isActive() || core.starting !== null || core.cleaning !== null || core.live !== null,
    async start(wanted, wish = PLAIN_WISH) {
      const { label } = core.profile
      const waits = startOfWaiting(core, wanted, wish)
      if (waits !== null) return waits
      if (core.state === 'stopping') {
        const message = `${label} is just being stopped. Start it again when its memory is back.`
        return err({ code: 'refused', message })
      }
      if (core.isActive() || core.starting !== null) {
        return err({ code: 'already-running', message: `${label} is already running (${core.state}).` })
      }
      core.restarts = 0
      budget.reset()
      liveness.reset()
      models.reset()
      core.starting = ending.starting.begin('launch', wanted, wish).finally(() => {
        core.starting = null
      })
      return core.starting
    },
    async stop() {
      if (core.stopping === null && core.starting !== null && !core.isActive()) await core.starting
      const ended = stopWait(core)
      if (ended !== null) return ended
      if (core.stopping === null && !core.isActive() && core.live === null) {
        return err({ code: 'not-running', message: `${core.profile.label} is not running.` })
      }
      return stopRunner(core, null)
    },
    adopt: (record) => adoptRunner(core, ending, record),
    tick(processes) {
      const current = core.live
      if (current === null) return
      current.look(false, processes)
      const isLeftOver = !core.isActive() && core.starting === null && core.cleaning === null
      if (isLeftOver) forgetWhenGone(core, current)
      else if (current.exit === null && core.stopping === null && core.cleaning === null) {
        if (current.child === null && !current.isRootAlive()) {
          current.exit = { code: null, signal: null }
          void ending.onEnd(current, current.exit, null)
          return
        }
        if (core.state === 'starting' && current.isRootAlive()) core.apply('alive', 'Loading.')
        if (current.isFrozen) current.loadWatch.rest(core.deps.ports.clock.monotonicMs())
        else if (core.state === 'loading') watchLoading(core, current)
        else if (core.state === 'ready') {
          liveness.tick(current)
          models.tick(current)
        }
        core.persist()
      }
      core.publish()
    },
    record: () => core.record(),
    noteGuardEvent: (kind) => noteGuardEvent(core, kind),
    ...disposable(() => {
      core.closing.abort()
      core.live?.child?.removeAllListeners('exit')
    })
  }
}

/** Processes that could not be ended may end later. */
function forgetWhenGone(core: RunnerCore, current: LiveProcess): void {
  if (current.members.length > 0 || current.look(true).length > 0) return
  core.live = null
  core.text = `${core.profile.label}: the processes that could not be ended are gone now.`
  core.persist()
}

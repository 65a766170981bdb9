import type { ContractError } from '../../../shared/contract/errors.ts'
import {
  ACTIVE_STATES,
  type Profile,
  type RunnerState,
  type RunnerView,
  type StopResult
} from '../../../shared/model/runner.ts'
import type { ProcessInfo } from '../../../shared/model/snapshot.ts'
import { bytesOfBytes } from '../../../shared/util/bytes-in-words.ts'
import { disposable, type Disposable } from '../../../shared/util/disposable.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { LaunchPlan, RunnerAdapter } from './adapter.ts'
import { endTree } from './end-tree.ts'
import { exitInWords, isCrash, type ExitStatus } from './exit-words.ts'
import { launch, type Scopes } from './launch.ts'
import { createLiveProcess, residentBytes, type LiveProcess } from './live-process.ts'
import { createLoadWatch } from './load-watch.ts'
import type { LogFile } from './log-file.ts'
import { pause } from './pause.ts'
import { createRestartBudget, MAX_RESTARTS } from './restart-budget.ts'
import { isScopeRefusal } from './scope.ts'
import type { RunnerRecord } from './state-file.ts'
import { nextState, type RunnerEvent } from './states.ts'
import { stopLive } from './stop-live.ts'
import type { SupervisorPorts } from './types.ts'
import { viewKey, viewOf } from './view.ts'

/** A server on loopback answers in milliseconds; while it loads it may be slow, and is asked again. */
const PROBE_TIMEOUT_MS = 2_000
/** Of the log, for the reason of an exit. */
const REASON_TAIL_BYTES = 65_536
/** For what a crashed or ended runner left behind: nobody waits for an orderly end of an orphan. */
const ORPHAN_GRACE_MS = 2_000

export interface SupervisorDeps {
  readonly ports: SupervisorPorts
  readonly adapter: RunnerAdapter
  readonly log: LogFile
  readonly env: NodeJS.ProcessEnv
  readonly bootId: string
  readonly scopes: Scopes
  plan(profile: Profile): Promise<Result<LaunchPlan, ContractError>>
  /** The view is another one than before. */
  onChange(): void
  /** What the next core needs is another one than before. */
  onRecord(): void
}

/** One runner: a profile, and its processes from start to proof that their memory is back. */
export interface Supervisor extends Disposable {
  profile(): Profile
  setProfile(profile: Profile): void
  view(): RunnerView
  /** True from the request to start until its processes are gone. */
  isBusy(): boolean
  start(profile: Profile): Promise<Result<RunnerView, ContractError>>
  stop(): Promise<Result<StopResult, ContractError>>
  /** Takes back what an earlier core left; true when it is alive. */
  adopt(record: RunnerRecord): Promise<boolean>
  /** Looks at the process table, the log and the server; called often while busy. */
  tick(processes: readonly ProcessInfo[]): void
  record(): RunnerRecord | null
}

export function createSupervisor(initial: Profile, deps: SupervisorDeps): Supervisor {
  const { ports, adapter, log } = deps
  const { clock, logger, settings } = ports
  const closing = new AbortController()
  const budget = createRestartBudget()
  let profile = initial
  let running = initial
  let state: RunnerState = 'stopped'
  let text = 'Not started.'
  let live: LiveProcess | null = null
  let lastStop: StopResult | null = null
  let restarts = 0
  let starting: Promise<Result<RunnerView, ContractError>> | null = null
  let stopping: Promise<Result<StopResult, ContractError>> | null = null
  let cleaning: Promise<unknown> | null = null
  let retry: AbortController | null = null
  let shown = ''
  let recorded = ''

  const view = (): RunnerView => viewOf({ profile, state, text, live, lastStop, restarts })

  const publish = (): void => {
    const key = viewKey(view())
    if (key === shown) return
    shown = key
    deps.onChange()
  }

  const apply = (event: RunnerEvent, words: string): boolean => {
    const next = nextState(state, event)
    if (next === null) {
      logger.error(`runner ${profile.id}: '${event}' is not possible while ${state}`)
      return false
    }
    state = next
    text = words
    publish()
    return true
  }

  const persist = (): void => {
    const members = live?.identities().map((item) => item.pid) ?? []
    const key = live === null ? '' : `${live.facts.mark} ${live.readyAtMs ?? ''} ${members.join()}`
    if (key === recorded) return
    recorded = key
    deps.onRecord()
  }

  const isActive = (): boolean => ACTIVE_STATES.includes(state)

  const spawn = async (plan: LaunchPlan): Promise<Result<RunnerView, ContractError>> => {
    const launched = await launch({ ...deps, id: profile.id, plan })
    if (!launched.ok) {
      apply('fail', launched.error.message)
      return launched
    }
    const current = launched.value
    live = current
    current.child?.once('exit', (code, signal) => {
      current.exit = { code, signal }
      if (!closing.signal.aborted && state !== 'stopping') void onEnd(current, { code, signal }, plan)
    })
    persist()
    publish()
    return ok(view())
  }

  const begin = async (
    event: 'launch' | 'relaunch',
    wanted: Profile
  ): Promise<Result<RunnerView, ContractError>> => {
    await cleaning
    const planned = await deps.plan(wanted)
    if (closing.signal.aborted) return err({ code: 'disconnected', message: 'Firebreak is ending.' })
    if (!planned.ok) return planned
    // A stop may have come while the plan was made.
    if (event === 'relaunch' && state !== 'restarting') return ok(view())
    running = wanted
    apply(event, 'Starting.')
    return spawn(planned.value)
  }

  /** Its root has ended without being asked to. */
  const onEnd = async (ended: LiveProcess, status: ExitStatus, plan: LaunchPlan | null): Promise<void> => {
    if (live !== ended) return
    const tail = log.read(
      Math.max(ended.logStart, log.endOffset() - REASON_TAIL_BYTES),
      REASON_TAIL_BYTES
    ).text
    if (plan !== null && state !== 'ready' && ended.facts.scopeUnit !== null && isScopeRefusal(tail)) {
      logger.warn('systemd refused a scope; runners are launched without one from now on')
      deps.scopes.disable()
      starting = spawn(plan)
      await starting
      starting = null
      return
    }
    const wasReady = state === 'ready'
    const label = profile.label
    const waitMs =
      wasReady && running.restartOnCrash && isCrash(status) ? budget.take(clock.monotonicMs()) : null
    const words = endWords(label, status, wasReady, adapter.explainExit(tail))
    const spent = wasReady && running.restartOnCrash && isCrash(status) && waitMs === null
    if (waitMs === null) apply('fail', spent ? `${words} It crashed too often to be started again.` : words)
    else {
      restarts += 1
      apply('retry', `${words} Starting it again (${restarts} of ${MAX_RESTARTS}).`)
    }
    cleaning = endOrphans(ended)
    await cleaning
    cleaning = null
    if (waitMs !== null) await again(waitMs)
  }

  const again = async (waitMs: number): Promise<void> => {
    retry = new AbortController()
    const waited = await pause(waitMs, AbortSignal.any([retry.signal, closing.signal]))
    retry = null
    if (!waited || state !== 'restarting') return
    starting = begin('relaunch', running)
    const started = await starting
    starting = null
    if (!started.ok && state === 'restarting') apply('fail', started.error.message)
  }

  /** Ends what a runner left behind when its root was gone, so that nobody holds its memory unseen. */
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
      const what = count === 1 ? 'A process' : `${count} processes`
      text = `${text} ${what} it left behind ${count === 1 ? 'was' : 'were'} ended.`
    }
    if (live === ended) live = null
    persist()
    publish()
  }

  /** `failure`: why it is ended, where that was nobody's wish. */
  const end = async (failure: string | null): Promise<Result<StopResult, ContractError>> => {
    retry?.abort()
    apply('stop', 'Stopping.')
    await starting
    await cleaning
    const target = live
    const result = await stopLive({
      label: profile.label,
      live: target,
      ports,
      graceMs: settings().llamacpp.stopTimeoutS * 1000,
      abort: closing.signal,
      onPhase(words) {
        text = words
        publish()
      }
    })
    if (!result.ok) return result
    lastStop = result.value
    live = null
    // The launch may have failed by itself meanwhile.
    if (state !== 'stopping') publish()
    else if (result.value.left.length > 0) apply('fail', result.value.text)
    else if (failure !== null) apply('fail', failure)
    else apply('ended', result.value.text)
    persist()
    return result
  }

  const stop = (failure: string | null): Promise<Result<StopResult, ContractError>> => {
    stopping ??= end(failure).finally(() => {
      stopping = null
    })
    return stopping
  }

  const watchLoading = (current: LiveProcess): void => {
    const { modelBytes, url } = current.facts
    const loaded = residentBytes(current.bytes)
    text =
      modelBytes === null
        ? 'Loading.'
        : `Loading: ${bytesOfBytes(Math.min(loaded, modelBytes), modelBytes)} in memory.`
    const idleMs = current.loadWatch.note(clock.monotonicMs(), loaded, log.endOffset())
    const limitS = settings().llamacpp.loadTimeoutS
    if (idleMs >= limitS * 1000) {
      void stop(
        `${profile.label} never became ready: no progress for ${limitS} s, so it was stopped. ` +
          'Look at its log; if it only needs more time, raise the load timeout in the settings.'
      )
      return
    }
    if (current.probing) return
    current.probing = true
    void adapter.probe(url, PROBE_TIMEOUT_MS).then((readiness) => {
      current.probing = false
      if (live !== current || current.exit !== null || closing.signal.aborted) return
      if (readiness === 'ready' && (state === 'loading' || state === 'starting')) becomeReady(current)
    })
  }

  const becomeReady = (current: LiveProcess): void => {
    current.readyAtMs = clock.nowMs()
    apply('ready', `Ready at ${current.facts.url}`)
    persist()
  }

  return {
    profile: () => profile,
    setProfile(next) {
      profile = next
      publish()
    },
    view,
    isBusy: () => isActive() || starting !== null || cleaning !== null,
    async start(wanted) {
      if (state === 'stopping') {
        const message = `${profile.label} is just being stopped. Start it again when its memory is back.`
        return err({ code: 'refused', message })
      }
      if (isActive() || starting !== null) {
        return err({ code: 'already-running', message: `${profile.label} is already running (${state}).` })
      }
      restarts = 0
      budget.reset()
      starting = begin('launch', wanted).finally(() => {
        starting = null
      })
      return starting
    },
    async stop() {
      if (stopping === null && starting !== null && !isActive()) await starting
      if (stopping === null && !isActive()) {
        return err({ code: 'not-running', message: `${profile.label} is not running.` })
      }
      return stop(null)
    },
    async adopt(record) {
      const found = createLiveProcess(ports, record, {
        child: null,
        loadWatch: createLoadWatch(clock.monotonicMs()),
        logStart: log.endOffset(),
        readyAtMs: record.readyAtMs
      })
      running = record.profile
      if (record.bootId !== deps.bootId) {
        apply('found-gone', `${profile.label} was running when the machine went down.`)
        return false
      }
      found.look(false)
      live = found
      if (!found.isRootAlive()) {
        apply('found-gone', `${profile.label} ended while Firebreak was not running. Its log may say why.`)
        cleaning = endOrphans(found)
        await cleaning
        cleaning = null
        return false
      }
      const readiness = await adapter.probe(record.url, PROBE_TIMEOUT_MS)
      if (closing.signal.aborted) return false
      if (readiness === 'ready') {
        found.readyAtMs ??= clock.nowMs()
        apply('found-ready', `Ready at ${record.url}`)
      } else apply('found-loading', 'Loading.')
      persist()
      return true
    },
    tick(processes) {
      const current = live
      if (current === null) return
      current.look(false, processes)
      if (current.exit === null && stopping === null && cleaning === null) {
        if (current.child === null && !current.isRootAlive()) {
          current.exit = { code: null, signal: null }
          void onEnd(current, current.exit, null)
          return
        }
        if (state === 'starting' && current.isRootAlive()) apply('alive', 'Loading.')
        if (state === 'loading') watchLoading(current)
        persist()
      }
      publish()
    },
    record: () =>
      live === null || live.exit !== null
        ? null
        : {
            ...live.facts,
            commandLine: [...live.facts.commandLine],
            members: [...live.identities()],
            profile: {
              ...running,
              settings: { ...running.settings, extraArgs: [...running.settings.extraArgs] }
            },
            readyAtMs: live.readyAtMs,
            bootId: deps.bootId
          },
    ...disposable(() => {
      closing.abort()
      live?.child?.removeAllListeners('exit')
    })
  }
}

function endWords(label: string, status: ExitStatus, wasReady: boolean, reason: string | null): string {
  const how = exitInWords(status)
  const when = wasReady ? '' : status.code === 0 ? ' before it was ready' : ' while loading'
  const why = reason === null ? 'Look at its log.' : reason
  return `${label} ${insertBefore(how, when)}. ${why}`
}

/** 'was killed (SIGKILL) from outside; the kernel's …' reads better with the time before the explanation. */
function insertBefore(how: string, when: string): string {
  const cut = how.search(/[;]/)
  return cut < 0 ? how + when : how.slice(0, cut) + when + how.slice(cut)
}

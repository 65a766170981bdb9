import type { ContractError } from '../../../shared/contract/errors.ts'
import {
  ACTIVE_STATES,
  type HeldModel,
  type Profile,
  type RunnerActivity,
  type RunnerState,
  type RunnerView,
  type StopResult
} from '../../../shared/model/runner.ts'
import type { Result } from '../../../shared/util/result.ts'
import type { LaunchPlan, RunnerAdapter } from './adapter.ts'
import type { Ticket } from './admission-port.ts'
import type { Scopes } from './launch.ts'
import type { LiveProcess } from './live-process.ts'
import type { LogFile } from './log-file.ts'
import type { RunnerRecord } from './state-file.ts'
import { nextState, type RunnerEvent } from './states.ts'
import type { RunnerNotice, SupervisorPorts } from './types.ts'
import { viewKey, viewOf } from './view.ts'

export interface SupervisorDeps {
  readonly ports: SupervisorPorts
  readonly adapter: RunnerAdapter
  readonly log: LogFile
  readonly env: NodeJS.ProcessEnv
  readonly bootId: string
  readonly scopes: Scopes
  plan(profile: Profile): Promise<Result<LaunchPlan, ContractError>>
  /** Nothing comes of the last plan for now: its port is free for others. */
  unplan(): void
  /** To everybody who listens. */
  tell(notice: RunnerNotice): void
  /** The view is another one than before. */
  onChange(): void
  /** What the next core needs is another one than before. */
  onRecord(): void
}

/** What the parts of one supervisor share: its state, and the only ways to tell of it. */
export interface RunnerCore {
  readonly deps: SupervisorDeps
  /** Aborted when this core ends; runners go on. */
  readonly closing: AbortController
  profile: Profile
  /** As it was started, whatever the profile says since. */
  running: Profile
  readonly state: RunnerState
  text: string
  live: LiveProcess | null
  lastStop: StopResult | null
  restarts: number
  /** The guard ended, or ends, its processes; until the next launch. */
  guardStopped: boolean
  /** What it does, while it is ready. */
  activity: RunnerActivity | null
  /** Why it is believed to do nothing though it is ready. */
  stuck: string | null
  /** Those inside it, as last listed; null where it holds at most one. */
  models: readonly HeldModel[] | null
  starting: Promise<Result<RunnerView, ContractError>> | null
  stopping: Promise<Result<StopResult, ContractError>> | null
  cleaning: Promise<unknown> | null
  /** A container on its way, which may take as long as its image; `done` settles when it is there, or none is. */
  launching: { readonly abort: AbortController; readonly done: Promise<unknown> } | null
  /** It waits for its turn or for memory, with nothing started. */
  waiting: Ticket | null
  /** The wait before a crashed runner is started again. */
  retry: AbortController | null
  view(): RunnerView
  isActive(): boolean
  /** Tells of the view where it changed noticeably. */
  publish(): void
  /** Enters the next state with its words; false, and said in the log, where the event makes no sense. */
  apply(event: RunnerEvent, words: string): boolean
  /** Tells of the record where it changed. */
  persist(): void
  /** Null once no process of it is left. */
  record(): RunnerRecord | null
}

export function createRunnerCore(initial: Profile, deps: SupervisorDeps): RunnerCore {
  let state: RunnerState = 'stopped'
  let shown = ''
  let recorded = ''
  return {
    deps,
    closing: new AbortController(),
    profile: initial,
    running: initial,
    get state() {
      return state
    },
    text: 'Not started.',
    live: null,
    lastStop: null,
    restarts: 0,
    guardStopped: false,
    activity: null,
    stuck: null,
    models: null,
    starting: null,
    stopping: null,
    cleaning: null,
    launching: null,
    waiting: null,
    retry: null,
    view() {
      return viewOf(this)
    },
    isActive: () => ACTIVE_STATES.includes(state),
    publish() {
      const key = viewKey(this.view())
      if (key === shown) return
      shown = key
      deps.onChange()
    },
    apply(event, words) {
      const next = nextState(state, event)
      if (next === null) {
        deps.ports.logger.error(`runner ${this.profile.id}: '${event}' is not possible while ${state}`)
        return false
      }
      state = next
      this.text = words
      this.publish()
      return true
    },
    persist() {
      const { live } = this
      const members = live?.identities().map((item) => item.pid) ?? []
      const key = live === null ? '' : `${live.facts.mark} ${live.readyAtMs ?? ''} ${members.join()}`
      if (key === recorded) return
      recorded = key
      deps.onRecord()
    },
    record() {
      const { live, running } = this
      if (live === null) return null
      return {
        ...live.facts,
        members: live.identities(),
        profile: running,
        readyAtMs: live.readyAtMs,
        bootId: deps.bootId
      }
    }
  }
}

import {
  ACTIVE_STATES,
  type HeldModel,
  type Profile,
  type RunnerState,
  type RunnerView,
  type StopResult
} from '../../../../shared/model/runner.ts'
import type { ContractError } from '../../../../shared/contract/errors.ts'
import { bytesInWords } from '../../../../shared/util/bytes-in-words.ts'
import type { Result } from '../../../../shared/util/result.ts'
import type { Ticket } from '../admission-port.ts'
import { residentBytes } from '../live-process.ts'
import type { SupervisorDeps } from '../runner-core.ts'
import type { RunnerRecord } from '../state-file.ts'
import { nextState, type RunnerEvent } from '../states.ts'
import { freeOfferOf, viewKey } from '../view.ts'
import { createHeldProcesses, type HeldProcesses } from './held-processes.ts'
import { serviceFacts, type ServiceFacts } from './services.ts'

/** One run of a model in its service, from the wish to load it until it is gone. */
export interface ModelRun {
  readonly url: string
  readonly port: number
  readonly startedAtMs: number
  readonly commandLine: readonly string[]
  readyAtMs: number | null
  /** As the service says it. */
  saidBytes: number | null
  /** The request to load it, until it is answered. */
  loading: Promise<void> | null
}

/** What the parts of one service supervisor share: its state, and the only ways to tell of it. */
export interface ServiceCore {
  readonly deps: SupervisorDeps
  readonly facts: ServiceFacts
  readonly held: HeldProcesses
  /** Aborted when this core ends; the model stays loaded. */
  readonly closing: AbortController
  readonly state: RunnerState
  profile: Profile
  /** As it was started, whatever the profile says since. */
  running: Profile
  text: string
  run: ModelRun | null
  /** All models in the service, as last listed. */
  models: readonly HeldModel[] | null
  stuck: string | null
  lastStop: StopResult | null
  /** The guard ended the process that held the model; until the next start. */
  guardStopped: boolean
  starting: Promise<Result<RunnerView, ContractError>> | null
  stopping: Promise<Result<StopResult, ContractError>> | null
  /** It waits for its turn or for memory, with nothing asked of the service. */
  waiting: Ticket | null
  isActive(): boolean
  view(): RunnerView
  /** Tells of the view where it changed noticeably. */
  publish(): void
  /** Enters the next state with its words; false, and said in the log, where the event makes no sense. */
  apply(event: RunnerEvent, words: string): boolean
  /** Tells of the record where it changed. */
  persist(): void
  record(): RunnerRecord | null
  /** The model of the profile in the last list. */
  ours(): HeldModel | null
}

/** In memory, and answering or about to wake. */
export const isLoaded = (model: HeldModel | null): boolean =>
  model !== null && (model.state === 'loaded' || model.state === 'sleeping')

export function createServiceCore(initial: Profile, deps: SupervisorDeps): ServiceCore {
  const facts = serviceFacts(initial.kind)
  let state: RunnerState = 'stopped'
  let shown = ''
  let recorded = ''
  return {
    deps,
    facts,
    held: createHeldProcesses(deps.ports.machine, facts),
    closing: new AbortController(),
    get state() {
      return state
    },
    profile: initial,
    running: initial,
    text: 'Not started.',
    run: null,
    models: null,
    stuck: null,
    lastStop: null,
    guardStopped: false,
    starting: null,
    stopping: null,
    waiting: null,
    isActive: () => ACTIVE_STATES.includes(state),
    view() {
      return viewOf(this)
    },
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
      const record = this.record()
      const key =
        record === null
          ? ''
          : `${record.root.pid} ${record.readyAtMs} ${record.members.map((item) => item.pid)}`
      if (key === recorded) return
      recorded = key
      deps.onRecord()
    },
    record() {
      const { run, held } = this
      const root = held.members[0] ?? held.main
      // Without a process of the service nothing of it can outlive this core.
      if (run === null || root === null) return null
      const { url, port, startedAtMs, readyAtMs, commandLine, saidBytes } = run
      return {
        profile: this.running,
        root: { pid: root.pid, startTicks: root.startTicks },
        members: held.members.map(({ pid, startTicks }) => ({ pid, startTicks })),
        processGroupId: root.pid,
        mark: '',
        scopeUnit: null,
        container: null,
        port,
        url,
        modelBytes: saidBytes,
        startedAtMs,
        readyAtMs,
        commandLine: [...commandLine],
        bootId: deps.bootId
      }
    },
    ours() {
      const wanted = this.running.modelPath
      const same = this.models?.filter((model) => facts.isSame(model.name, wanted)) ?? []
      return same.find(isLoaded) ?? same.find(({ state: one }) => one === 'loading') ?? same[0] ?? null
    }
  }
}

function viewOf(core: ServiceCore): RunnerView {
  const { profile, run, held, state, deps } = core
  const isFrozen = held.members.length > 0 && held.members.every((item) => item.state === 'T')
  const saidBytes = run?.saidBytes ?? 'unknown'
  const loaded = residentBytes(held.bytes)
  const { free } = deps.adapter
  return {
    id: profile.id,
    kind: profile.kind,
    label: profile.label,
    modelPath: profile.modelPath,
    state,
    text: isFrozen
      ? `Paused. It keeps its ${bytesInWords(held.bytes.gpuBytes + held.bytes.hostBytes)} but takes no more.`
      : core.text,
    frozen: isFrozen,
    pids: held.members.map((item) => item.pid),
    port: run?.port ?? null,
    url: run?.url ?? null,
    startedAtMs: run?.startedAtMs ?? null,
    readyAtMs: run?.readyAtMs ?? null,
    loadedBytes: held.members.length === 0 ? 'unknown' : loaded,
    modelBytes: saidBytes,
    bytes: held.bytes,
    lastStop: core.lastStop,
    commandLine: run?.commandLine ?? [],
    restarts: 0,
    containerId: null,
    activity: null,
    stuck: state === 'ready' && !isFrozen ? core.stuck : null,
    training: null,
    models: run === null ? null : core.models,
    free: state === 'ready' && free !== null ? freeOfferOf(free) : null
  }
}

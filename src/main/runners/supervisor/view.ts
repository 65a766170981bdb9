import type {
  FreeOffer,
  HeldModel,
  Profile,
  RunnerActivity,
  RunnerState,
  RunnerView,
  StopResult
} from '../../../shared/model/runner.ts'
import { bytesInWords } from '../../../shared/util/bytes-in-words.ts'
import type { RunnerAdapter } from './adapter.ts'
import { residentBytes, type LiveProcess } from './live-process.ts'
import type { SupervisorPorts } from './types.ts'

/** Clients need not hear of changes they would round away. */
const NOTICEABLE_BYTES = 1_048_576

/** One runner as clients see it. */
export function viewOf(parts: {
  readonly profile: Profile
  readonly state: RunnerState
  readonly text: string
  readonly live: LiveProcess | null
  readonly lastStop: StopResult | null
  readonly restarts: number
  readonly activity: RunnerActivity | null
  readonly stuck: string | null
  readonly models: readonly HeldModel[] | null
  readonly deps: {
    readonly adapter: Pick<RunnerAdapter, 'free' | 'models'>
    readonly ports: Pick<SupervisorPorts, 'training'>
  }
}): RunnerView {
  const { profile, state, text, live, lastStop, restarts } = parts
  const training = profile.kind === 'finetune' ? parts.deps.ports.training : undefined
  const frozen = live !== null && live.isFrozen && live.exit === null && state !== 'stopping'
  const modelBytes = live?.facts.modelBytes ?? 'unknown'
  const loaded = live === null ? 0 : residentBytes(live.bytes)
  return {
    id: profile.id,
    kind: profile.kind,
    label: profile.label,
    modelPath: profile.modelPath,
    state,
    text: frozen ? pausedText(live) : text,
    frozen,
    pids: live?.members.map((item) => item.pid) ?? [],
    // A job that listens nowhere has neither.
    port: live !== null && live.facts.port > 0 ? live.facts.port : null,
    url: live !== null && live.facts.url !== '' ? live.facts.url : null,
    startedAtMs: live?.facts.startedAtMs ?? null,
    readyAtMs: live?.readyAtMs ?? null,
    loadedBytes: live === null ? 'unknown' : modelBytes === 'unknown' ? loaded : Math.min(loaded, modelBytes),
    modelBytes,
    bytes: live?.bytes ?? { gpuBytes: 0, hostBytes: 0, fileBytes: 0 },
    lastStop,
    commandLine: live?.facts.commandLine ?? [],
    restarts,
    containerId: live?.facts.container?.id ?? null,
    activity: state === 'ready' ? parts.activity : null,
    stuck: state === 'ready' && !frozen ? (training?.trouble(profile.id) ?? parts.stuck) : null,
    training: training?.progress(profile.id) ?? null,
    models: state === 'ready' ? parts.models : null,
    free: state === 'ready' ? freeOffer(parts) : null
  }
}

/** None where it would always refuse: as it was launched, or with a single model in a kind that may hold several. */
function freeOffer({ deps, live, models: held }: Parameters<typeof viewOf>[0]): FreeOffer | null {
  const { free, models } = deps.adapter
  if (free === null || (models !== null && held === null)) return null
  if (free.needsOption !== undefined && !hasOption(live?.facts.commandLine ?? [], free.needsOption))
    return null
  return freeOfferOf(free)
}

/** What clients are told of it. */
export const freeOfferOf = ({ frees, byItself, text }: FreeOffer): FreeOffer => ({ frees, byItself, text })

/** Also inside the one text that a container's shell is given. */
const hasOption = (commandLine: readonly string[], option: string): boolean =>
  commandLine.some((arg) => arg.split(/[\s=]/).includes(option))

/** What stays true of one that is frozen: nothing comes back by it. */
const pausedText = ({ bytes }: LiveProcess): string =>
  `Paused. It keeps its ${bytesInWords(bytes.gpuBytes + bytes.hostBytes)} but takes no more.`

/** Equal for two views that need not be told apart. */
export function viewKey(view: RunnerView): string {
  const round = (bytes: number): number => Math.round(bytes / NOTICEABLE_BYTES)
  const { gpuBytes, hostBytes, fileBytes } = view.bytes
  return JSON.stringify({
    ...view,
    loadedBytes: typeof view.loadedBytes === 'number' ? round(view.loadedBytes) : view.loadedBytes,
    bytes: [gpuBytes, hostBytes, fileBytes].map(round)
  })
}

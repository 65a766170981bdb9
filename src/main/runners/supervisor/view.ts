import type {
  Profile,
  RunnerActivity,
  RunnerState,
  RunnerView,
  StopResult
} from '../../../shared/model/runner.ts'
import { bytesInWords } from '../../../shared/util/bytes-in-words.ts'
import { residentBytes, type LiveProcess } from './live-process.ts'

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
}): RunnerView {
  const { profile, state, text, live, lastStop, restarts } = parts
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
    port: live?.facts.port ?? null,
    url: live?.facts.url ?? null,
    startedAtMs: live?.facts.startedAtMs ?? null,
    readyAtMs: live?.readyAtMs ?? null,
    loadedBytes: live === null ? 'unknown' : modelBytes === 'unknown' ? loaded : Math.min(loaded, modelBytes),
    modelBytes,
    bytes: live?.bytes ?? { gpuBytes: 0, hostBytes: 0, fileBytes: 0 },
    lastStop,
    commandLine: live?.facts.commandLine ?? [],
    restarts,
    containerId: null,
    activity: state === 'ready' ? parts.activity : null,
    stuck: state === 'ready' && !frozen ? parts.stuck : null,
    training: null,
    models: null,
    free: null
  }
}

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

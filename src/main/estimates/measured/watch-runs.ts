import { RUNNER_SPECS } from '../../../shared/model/specs/index.ts'
import { ACTIVE_STATES, type RunnerKind, type RunnerView } from '../../../shared/model/runner.ts'
import type { EstimateMachine } from '../../../shared/model/estimate.ts'

/** Looks at which a ready runner was idle before what it holds counts as its resting size. */
const IDLE_LOOKS = 3
/** Mapped pages of a program and its libraries; more is a mapped model. llama-server with its backends: 40 to 90 MiB. */
const PROGRAM_FILE_BYTES = 128 * 1024 ** 2

/**
 * What of a run holds for the next one. resting: it loads all at its start. peak: what it takes while it works.
 * nothing: what it takes is chosen in it later, or is a share of what is free at its start, so one run tells nothing
 * of the next.
 */
const LEARNT: Readonly<Record<RunnerKind, 'resting' | 'peak' | 'nothing'>> = {
  llamacpp: 'resting',
  vllm: 'resting',
  trtllm: 'nothing',
  sglang: 'nothing',
  nim: 'resting',
  finetune: 'peak',
  custom: 'peak',
  ollama: 'nothing',
  lmstudio: 'nothing',
  comfyui: 'nothing',
  'open-webui': 'nothing',
  jupyterlab: 'nothing'
}

/** What one run was seen to hold. */
export interface SeenRun {
  readonly restingBytes: number
  readonly peakBytes: number
}

/** How far the figures of one moment can be trusted. */
export interface Moment {
  readonly topology: EstimateMachine['topology']
  /** The driver's list of holders is there and fresh. */
  readonly isGpuKnown: boolean
  /** By formula, of this run; null: not known. */
  readonly formulaBytes: number | null
}

/** One run of one runner, from its start to its end. */
export interface RunWatch {
  look(view: RunnerView, moment: Moment): void
  /** Null while it never rested, was not seen from its start on, or could not be seen whole. */
  seen(): SeenRun | null
}

/** Whether runs of this kind are worth watching. */
export const isLearnt = (kind: RunnerKind): boolean =>
  LEARNT[kind] !== 'nothing' && RUNNER_SPECS[kind].way === 'process'

export function watchRun(kind: RunnerKind): RunWatch {
  let peakBytes = 0
  let restingBytes = 0
  let idleLooks = 0
  let sawLoading = false
  let wasReady = false
  return {
    look(view, moment) {
      const isLoading = view.state === 'starting' || view.state === 'loading'
      sawLoading ||= isLoading && !wasReady
      const bytes = bytesHeld(view, moment)
      if (bytes === null || view.frozen || !ACTIVE_STATES.includes(view.state)) return
      peakBytes = Math.max(peakBytes, bytes)
      wasReady ||= view.state === 'ready'
      const isIdle = view.state === 'ready' && view.activity?.busy !== true && view.stuck === null
      idleLooks = isIdle ? idleLooks + 1 : 0
      if (idleLooks >= IDLE_LOOKS) restingBytes = bytes
    },
    seen() {
      if (!sawLoading || !wasReady) return null
      if (LEARNT[kind] === 'peak') return { restingBytes: peakBytes, peakBytes }
      return restingBytes > 0 ? { restingBytes, peakBytes: Math.max(peakBytes, restingBytes) } : null
    }
  }
}

/**
 * What a runner holds of the machine's memory; null where that cannot be told: with a GPU that shares memory, one
 * that the driver names no bytes of; with a GPU of its own, whose memory is not this machine's; without a GPU, one that
 * holds less of its own than the formula says and maps its model: how much of the map it needs, nobody says.
 */
export function bytesHeld({ bytes }: Pick<RunnerView, 'bytes'>, moment: Moment): number | null {
  const { gpuBytes, hostBytes, fileBytes } = bytes
  const own = gpuBytes + hostBytes
  if (own <= 0) return null
  switch (moment.topology) {
    case 'unified':
    case 'amd-apu':
      return moment.isGpuKnown && gpuBytes > 0 ? own : null
    case 'discrete':
      return null
    default:
      return moment.formulaBytes === null || (own < moment.formulaBytes && fileBytes > PROGRAM_FILE_BYTES)
        ? null
        : own
  }
}

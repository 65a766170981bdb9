import { RUNNER_SPECS } from '../../../shared/model/specs/index.ts'
import { isKnown } from '../../../shared/model/reading.ts'
import {
  RUNNER_KINDS,
  type RunnerKind,
  type RunnerState,
  type RunnerView
} from '../../../shared/model/runner.ts'
import { assertNever } from '../../../shared/util/assert-never.ts'
import { bytesOf } from './bytes.ts'

/** A state in a word. */
export function stateWord(state: RunnerState): string {
  switch (state) {
    case 'stopped':
      return 'Stopped'
    case 'starting':
      return 'Starting'
    case 'waiting':
      return 'Waiting'
    case 'loading':
      return 'Loading'
    case 'ready':
      return 'Ready'
    case 'stopping':
      return 'Stopping'
    case 'failed':
      return 'Failed'
    case 'restarting':
      return 'Restarting'
    case 'lost':
      return 'Lost'
    default:
      return assertNever(state)
  }
}

export interface Progress {
  /** 0..1, null where the size is not known. */
  readonly share: number | null
  readonly text: string
}

/** How far loading is; null when nothing is being loaded. */
export function loadProgress(
  view: Pick<RunnerView, 'state' | 'loadedBytes' | 'modelBytes'>
): Progress | null {
  if (view.state !== 'loading' && view.state !== 'starting' && view.state !== 'restarting') return null
  if (!isKnown(view.loadedBytes) || !isKnown(view.modelBytes) || view.modelBytes <= 0) {
    return { share: null, text: 'size not known' }
  }
  const share = Math.min(1, view.loadedBytes / view.modelBytes)
  return { share, text: bytesOf(Math.min(view.loadedBytes, view.modelBytes), view.modelBytes) }
}

const fromSpecs = <T>(
  read: (spec: (typeof RUNNER_SPECS)[RunnerKind]) => T
): Readonly<Record<RunnerKind, T>> =>
  Object.fromEntries(RUNNER_KINDS.map((kind) => [kind, read(RUNNER_SPECS[kind])])) as Record<RunnerKind, T>

/** What the kind is called on screen, as its vendor writes it. */
export const KIND_NAMES = fromSpecs(({ name }) => name)

/** One or two letters that stand for a kind where there is no room for its name. */
export const KIND_LETTERS: Readonly<Record<RunnerKind, string>> = {
  llamacpp: 'lc',
  vllm: 'V',
  trtllm: 'TR',
  sglang: 'SG',
  ollama: 'O',
  lmstudio: 'LM',
  comfyui: 'C',
  nim: 'N',
  'open-webui': 'W',
  jupyterlab: 'J',
  finetune: 'FT',
  custom: '>_'
}

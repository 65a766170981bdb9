import type { ContractError } from '../../../shared/contract/errors.ts'
import type { LossPoint } from '../../../shared/domain/training/curve.ts'
import { ACTIVE_STATES, type Profile, type RunnerView } from '../../../shared/model/runner.ts'
import type { Disposable } from '../../../shared/util/disposable.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import { checkpointPlace, type CheckpointPlace } from './checkpoint-place.ts'
import type { CheckpointStop, TrainingWatch } from './watch.ts'

/** As much of a log as is asked for at once; after a restart of Firebreak the curve begins this far back. */
const PIECE_BYTES = 262_144

/** What is needed of the runners, which know nothing of training. */
export interface TrainingSource {
  list(): readonly RunnerView[]
  profiles(): readonly Profile[]
  stop(id: string): Promise<Result<unknown, ContractError>>
  readLog(
    id: string,
    offset: number | null,
    maxBytes: number
  ): Promise<Result<{ readonly text: string; readonly nextOffset: number }, ContractError>>
  onLog(listener: (piece: { readonly id: string }) => void): Disposable
  onChange(listener: (view: RunnerView) => void): Disposable
  onRemoved(listener: (id: string) => void): Disposable
}

/** Answers of the commands about training. */
export interface Training extends Disposable {
  of(id: string): Result<{ points: readonly LossPoint[]; checkpointStop: CheckpointStop }, ContractError>
  stopAfterCheckpoint(id: string): Result<void, ContractError>
}

/** Feeds the watch with the logs of fine-tuning jobs, which are read only while one runs. */
export function followTraining(options: {
  readonly runners: TrainingSource
  readonly watch: TrainingWatch
  readonly homeDir: string
  /** What became of a stop after a checkpoint, for people. */
  readonly onWords: (id: string, text: string) => void
}): Training {
  const { runners, watch, homeDir, onWords } = options
  /** How far each log has been read; null: not at all yet. */
  const read = new Map<string, { offset: number | null; isReading: boolean; isMore: boolean }>()
  let listening: Disposable | null = null

  const isActive = (view: RunnerView): boolean =>
    view.kind === 'finetune' && ACTIVE_STATES.includes(view.state)
  const placeOf = (id: string): CheckpointPlace | null => {
    const profile = runners.profiles().find((one) => one.id === id)
    return profile === undefined ? null : checkpointPlace(profile, homeDir)
  }
  const readOn = async (id: string): Promise<void> => {
    const at = read.get(id)
    if (at === undefined) return
    at.isMore = true
    if (at.isReading) return
    at.isReading = true
    try {
      while (at.isMore && read.get(id) === at) {
        at.isMore = false
        const piece = await runners.readLog(id, at.offset, PIECE_BYTES)
        if (!piece.ok || read.get(id) !== at) return
        at.offset = piece.value.nextOffset
        if (piece.value.text !== '') watch.feed(id, piece.value.text)
      }
    } finally {
      at.isReading = false
    }
  }
  const begin = (id: string): void => {
    if (!read.has(id)) read.set(id, { offset: null, isReading: false, isMore: false })
    listening ??= runners.onLog((piece) => void readOn(piece.id))
    void readOn(id)
  }
  const rest = (): void => {
    if (runners.list().some(isActive)) return
    listening?.dispose()
    listening = null
  }
  const onView = (view: RunnerView): void => {
    if (view.kind !== 'finetune') return
    if (isActive(view)) {
      if (!read.has(view.id) || listening === null) begin(view.id)
      return
    }
    // Its last lines may have come with its end.
    void readOn(view.id)
    watch.ended(view.id)
    rest()
  }
  for (const view of runners.list()) onView(view)
  const changes = runners.onChange(onView)
  const removals = runners.onRemoved((id) => {
    read.delete(id)
    watch.forget(id)
    rest()
  })

  const known = (id: string): ContractError | null => {
    const profile = runners.profiles().find((one) => one.id === id)
    if (profile === undefined) return { code: 'not-found', message: `There is no runner '${id}'.` }
    return profile.kind === 'finetune'
      ? null
      : { code: 'not-found', message: `${profile.label} is no fine-tuning job: it has no training to show.` }
  }
  return {
    of(id) {
      const problem = known(id)
      return problem === null
        ? ok({ points: watch.curve(id), checkpointStop: watch.checkpointStop(id, placeOf(id)) })
        : err(problem)
    },
    stopAfterCheckpoint(id) {
      const problem = known(id)
      if (problem !== null) return err(problem)
      const place = placeOf(id)
      const view = runners.list().find((one) => one.id === id)
      if (place === null || view === undefined || !isActive(view)) {
        return err({ code: 'not-running', message: `'${id}' does not run, so there is nothing to stop.` })
      }
      return watch.stopAfterCheckpoint(id, {
        place,
        stop: async () => {
          const stopped = await runners.stop(id)
          if (!stopped.ok) onWords(id, stopped.error.message)
        },
        onEnd: (text) => onWords(id, text)
      })
    },
    dispose() {
      changes.dispose()
      removals.dispose()
      listening?.dispose()
      watch.dispose()
    }
  }
}

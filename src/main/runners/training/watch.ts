import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ContractError } from '../../../shared/contract/errors.ts'
import { checkpointStopWords } from '../../../shared/domain/training/frameworks.ts'
import type { LossPoint } from '../../../shared/domain/training/curve.ts'
import {
  parseTraining,
  progressOf,
  TRAINING_START,
  type TrainingState
} from '../../../shared/domain/training/parse.ts'
import type { TrainingProgress } from '../../../shared/model/runner.ts'
import type { Disposable } from '../../../shared/util/disposable.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { Clock } from '../../platform/ports.ts'
import { checkpointFiles, checkpointOf, type CheckpointFiles } from './checkpoint-files.ts'
import { onThisMachine, type CheckpointPlace } from './checkpoint-place.ts'
import { waitForCheckpoint } from './wait-for-checkpoint.ts'

/** Whether a job can be stopped after its next checkpoint, in words. */
export interface CheckpointStop {
  readonly works: boolean
  readonly text: string
}

export interface StopRequest {
  readonly place: CheckpointPlace
  /** Stops the job; called once, when the checkpoint is complete. */
  readonly stop: () => Promise<unknown>
  /** What became of it, in words. */
  readonly onEnd: (text: string) => void
}

/** What training jobs say in their logs, by runner. Fed by whoever reads the logs; keeps no log itself. */
export interface TrainingWatch extends Disposable {
  /** The next piece of a runner's log, cut anywhere. */
  feed(id: string, text: string): void
  /** The runner is gone or has ended: what waits for its checkpoint ends, its curve stays. */
  ended(id: string): void
  /** Its profile is gone. */
  forget(id: string): void
  /** Null while its log has told nothing of training. */
  progress(id: string): TrainingProgress | null
  /** At most 2000 points, in the order of their steps. */
  curve(id: string): readonly LossPoint[]
  /** Why its training is broken though it runs, in words; null: nothing says so. */
  trouble(id: string): string | null
  checkpointStop(id: string, place: CheckpointPlace | null): CheckpointStop
  /** Returns at once; the job is stopped when its next checkpoint is complete. */
  stopAfterCheckpoint(id: string, request: StopRequest): Result<void, ContractError>
  /** Whether there was something to cancel. */
  cancelStop(id: string): boolean
  isWaiting(id: string): boolean
}

/** Paths that a log names while a stop waits; the last one counts. */
const MAX_NAMED = 8

export function createTrainingWatch(options: {
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>
  readonly files?: CheckpointFiles
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}): TrainingWatch {
  const { clock, files = checkpointFiles, sleep = pause } = options
  const states = new Map<string, TrainingState>()
  const waits = new Map<string, { readonly abort: AbortController; readonly named: string[] }>()
  const stateOf = (id: string): TrainingState => states.get(id) ?? TRAINING_START

  const cancelStop = (id: string): boolean => {
    const wait = waits.get(id)
    wait?.abort.abort()
    return waits.delete(id)
  }
  const checkpointStop = (id: string, place: CheckpointPlace | null): CheckpointStop => {
    const { framework, lastCheckpoint } = stateOf(id)
    if (place === null) return { works: false, text: 'Only fine-tuning jobs write checkpoints.' }
    const isSeen =
      place.folder !== null || (lastCheckpoint !== null && onThisMachine(lastCheckpoint, place) !== null)
    return isSeen
      ? { works: true, text: checkpointStopWords(framework) }
      : {
          works: false,
          text:
            'Where it writes its checkpoints is not known, or lies inside its container. ' +
            'Give its checkpoint folder in the profile, or stop it without waiting: steps after its last checkpoint are lost.'
        }
  }

  const waitThenStop = async (id: string, request: StopRequest): Promise<void> => {
    const { place, stop, onEnd } = request
    const wait = { abort: new AbortController(), named: [] as string[] }
    waits.set(id, wait)
    const ended = await waitForCheckpoint({
      files,
      monotonicMs: () => clock.monotonicMs(),
      sleep,
      signal: wait.abort.signal,
      named: () =>
        wait.named.flatMap((path) => {
          const found = onThisMachine(path, place)
          return found === null ? [] : [checkpointOf(found)]
        }),
      folder: () => place.folder ?? folderOf(stateOf(id).lastCheckpoint, place)
    })
    if (waits.get(id) !== wait) return
    waits.delete(id)
    if (ended.kind === 'written') {
      onEnd(`The checkpoint ${ended.path} is complete. It is stopped now.`)
      await stop()
    } else if (ended.kind === 'too-long') {
      onEnd('No checkpoint was written within 24 hours, so it was not stopped. Stop it, or ask once more.')
    }
  }

  return {
    feed(id, text) {
      const before = stateOf(id)
      const now = parseTraining(text, before, clock.nowMs())
      states.set(id, now)
      if (now.checkpoints === before.checkpoints || now.lastCheckpoint === null) return
      const named = waits.get(id)?.named
      named?.push(now.lastCheckpoint)
      if (named !== undefined && named.length > MAX_NAMED) named.shift()
    },
    ended: (id) => void cancelStop(id),
    forget(id) {
      cancelStop(id)
      states.delete(id)
    },
    progress: (id) => progressOf(stateOf(id)),
    curve: (id) => stateOf(id).curve,
    trouble: (id) =>
      stateOf(id).isLossBroken
        ? 'Its loss is no number any more (nan or inf): what it learns is lost. Stop it, and start it from an earlier checkpoint with a smaller learning rate.'
        : null,
    checkpointStop,
    stopAfterCheckpoint(id, request) {
      if (waits.has(id)) return ok(undefined)
      const can = checkpointStop(id, request.place)
      if (!can.works) return err({ code: 'refused', message: can.text })
      waitThenStop(id, request).catch((error: unknown) => {
        request.onEnd(`It could not be stopped after its checkpoint: ${String(error)}. Stop it by hand.`)
      })
      return ok(undefined)
    },
    cancelStop,
    isWaiting: (id) => waits.has(id),
    dispose() {
      for (const id of waits.keys()) cancelStop(id)
      states.clear()
    }
  }
}

/** Where the next checkpoint will be: beside the last one. */
function folderOf(lastCheckpoint: string | null, place: CheckpointPlace): string | null {
  const found = lastCheckpoint === null ? null : onThisMachine(lastCheckpoint, place)
  return found === null ? null : dirname(checkpointOf(found))
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined)

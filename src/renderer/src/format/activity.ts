import { isKnown } from '../../../shared/model/reading.ts'
import type { RunnerActivity, TrainingProgress } from '../../../shared/model/runner.ts'
import { aboutText, durationText } from './duration.ts'

/** A figure of a runner and its name; null where the runner does not say it. */
export interface ActivityFigure {
  readonly label: string
  readonly text: string
}

/** What a runner does, in figures of its own metrics; one it does not report is said to be so. */
export function activityFigures(activity: RunnerActivity, nowMs: number): readonly ActivityFigure[] {
  const { busy, requestsRunning, requestsWaiting, idleSinceMs } = activity
  const idle = idleSinceMs === null ? '' : ` ${durationText(Math.max(0, (nowMs - idleSinceMs) / 1000))}`
  const now = busy === 'unknown' ? 'not reported' : busy ? 'Busy' : `Idle${idle}`
  return [
    { label: 'Now', text: now },
    { label: 'Speed', text: speedText(activity) },
    {
      label: 'Requests',
      text: isKnown(requestsRunning)
        ? `${requestsRunning}${isKnown(requestsWaiting) && requestsWaiting > 0 ? `, ${requestsWaiting} wait` : ''}`
        : '–'
    }
  ]
}

/** '30.0 tok/s', '30.0 tok/s last' at rest; no speed is another thing than a speed of nought. */
function speedText({ busy, tokensPerS }: RunnerActivity): string {
  if (!isKnown(tokensPerS) || tokensPerS === 0) return '–'
  return `${tokensPerS.toFixed(1)}\u00a0tok/s${busy === false ? '\u00a0last' : ''}`
}

/** '240 of 1500 steps', '240 steps'; null where the job does not say. */
export function stepText({ step, totalSteps }: TrainingProgress): string | null {
  if (!isKnown(step)) return null
  return isKnown(totalSteps) ? `${step} of ${totalSteps} steps` : `${step} steps`
}

/** How far, 0..1; null where it cannot be said. */
export function trainingShare({ step, totalSteps }: TrainingProgress): number | null {
  return isKnown(step) && isKnown(totalSteps) && totalSteps > 0 ? Math.min(1, step / totalSteps) : null
}

/** Epoch, loss and time left, each with its name. */
export function trainingFigures(progress: TrainingProgress): readonly ActivityFigure[] {
  const { epoch, loss, secondsLeft } = progress
  return [
    { label: 'Epoch', text: isKnown(epoch) ? epoch.toFixed(2) : 'not told' },
    { label: 'Loss', text: isKnown(loss) ? loss.toFixed(3) : 'not told' },
    { label: 'Left', text: isKnown(secondsLeft) ? `about ${aboutText(secondsLeft)}` : 'not known' }
  ]
}

import { useId, type ReactNode } from 'react'
import { ACTIVE_STATES } from '../../../../shared/model/runner.ts'
import { told } from '../../format/next-step.ts'
import { usePanel } from '../../stores/context.ts'
import { Icon } from '../../ui/icons.tsx'

const HELD = 'New models wait until memory is back.'

/** One click back: only while there is something to start. Why it cannot be, or was refused, stands beside it. */
export function StartAgain({
  runnerId,
  onStarted
}: {
  readonly runnerId: string
  readonly onStarted?: () => void
}): ReactNode {
  const id = useId()
  const label = usePanel('runners', ({ runners }) => {
    const view = runners.find((one) => one.id === runnerId)
    if (view === undefined || view.state === 'waiting' || ACTIVE_STATES.includes(view.state)) return null
    return view.label
  })
  const asked = usePanel('runners', (state) => state.asked.get(runnerId) === 'start')
  const error = usePanel('runners', (state) => state.errors.get(runnerId))
  const held = usePanel('guard', (state) => state.view?.launchesHeld ?? false)
  const connected = usePanel('app', (state) => state.link === 'connected')
  const start = usePanel('runners', (state) => state.start)
  if (label === null) return null
  const off = asked || held || !connected
  const begin = (): void => {
    void start({ target: runnerId }).then((result) => result.ok && onStarted?.())
  }
  return (
    <span className="start-again">
      <button
        type="button"
        className="button compact"
        aria-disabled={off}
        aria-label={`Start ${label} again`}
        aria-describedby={`${id}-why`}
        onClick={() => !off && begin()}
      >
        <Icon name="play" size={12} />
        <span>{asked ? 'Starting' : 'Start again'}</span>
      </button>
      <span id={`${id}-why`} className={`small ${held ? 'muted' : 'bad'}`} aria-live="polite">
        {held ? HELD : error === undefined ? '' : refusal(told(error))}
      </span>
    </span>
  )
}

const refusal = ({ text, whatToDo }: { readonly text: string; readonly whatToDo: string | null }): string =>
  whatToDo === null ? text : `${text} ${whatToDo}`

import type { ReactNode } from 'react'
import { ACTIVE_STATES } from '../../../../shared/model/runner.ts'
import { usePanel } from '../../stores/context.ts'
import { Icon } from '../../ui/icons.tsx'

/** One click back: only while there is something to start. */
export function StartAgain({
  runnerId,
  onStarted
}: {
  readonly runnerId: string
  readonly onStarted?: () => void
}): ReactNode {
  const label = usePanel('runners', ({ runners }) => {
    const view = runners.find((one) => one.id === runnerId)
    return view === undefined || ACTIVE_STATES.includes(view.state) ? null : view.label
  })
  const asked = usePanel('runners', (state) => state.asked.get(runnerId) === 'start')
  const connected = usePanel('app', (state) => state.link === 'connected')
  const start = usePanel('runners', (state) => state.start)
  if (label === null) return null
  const begin = (): void => {
    void start({ target: runnerId }).then((result) => result.ok && onStarted?.())
  }
  return (
    <button
      type="button"
      className="button compact"
      aria-disabled={asked || !connected}
      aria-label={`Start ${label} again`}
      onClick={() => !asked && connected && begin()}
    >
      <Icon name="play" size={12} />
      <span>{asked ? 'Starting' : 'Start again'}</span>
    </button>
  )
}

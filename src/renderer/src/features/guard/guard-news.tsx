import type { ReactNode } from 'react'
import type { IncidentSummary } from '../../../../shared/model/guard.ts'
import { usePanel } from '../../stores/context.ts'
import { Message } from '../../ui/message.tsx'
import { StartAgain } from './start-again.tsx'

/** More at a time would push the page away; the Guard page has them all. */
const MAX_NEWS = 2

/** On every page: what the guard did and what came back; and that nobody guards, where that is so. */
export function GuardNews(): ReactNode {
  const news = usePanel('guard', (state) => state.news)
  const openedId = usePanel('guard', (state) => state.openedId)
  const isGone = usePanel('guard', (state) => state.view?.sentinel.state === 'gone')
  const heldOnly = usePanel('guard', ({ view }) => view !== null && view.launchesHeld && view.ask === null)
  return (
    <>
      {isGone && (
        <Message
          tone="error"
          text="The guard’s watcher ended and is being started again."
          whatToDo="Until it is back nobody acts when memory runs out. If this stays, quit Firebreak and start it again."
        />
      )}
      {heldOnly && (
        <Message
          tone="warning"
          text="New models wait: memory is short."
          whatToDo="They may be started once memory is back."
        />
      )}
      {news
        .filter(({ id }) => id !== openedId)
        .slice(0, MAX_NEWS)
        .map((incident) => (
          <News key={incident.id} incident={incident} />
        ))}
    </>
  )
}

function News({ incident }: { readonly incident: IncidentSummary }): ReactNode {
  const putAway = usePanel('guard', (state) => state.putAway)
  const open = usePanel('guard', (state) => state.open)
  const go = usePanel('app', (state) => state.go)
  const { id, kind, title, text, runnerId } = incident
  const why = (): void => {
    putAway(id)
    go('guard')
    void open(id)
  }
  return (
    <Message
      tone={kind === 'acted' ? 'warning' : kind === 'would-have-acted' ? 'info' : 'error'}
      text={title}
      whatToDo={text}
      onDismiss={() => putAway(id)}
    >
      <div className="buttons news-buttons">
        {kind === 'acted' && runnerId !== null && (
          <StartAgain runnerId={runnerId} onStarted={() => putAway(id)} />
        )}
        <button type="button" className="button compact" onClick={why} aria-label={`Why: ${title}`}>
          Why
        </button>
      </div>
    </Message>
  )
}

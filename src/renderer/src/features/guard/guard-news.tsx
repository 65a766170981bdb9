import type { ReactNode } from 'react'
import type { IncidentSummary } from '../../../../shared/model/guard.ts'
import { whenText } from '../../format/duration.ts'
import { usePanel } from '../../stores/context.ts'
import { guardNews, isAboutIncident } from '../../stores/guard-news.ts'
import { Message } from '../../ui/message.tsx'
import { NoticeList } from './notice-list.tsx'
import { StartAgain } from './start-again.tsx'

/** More at a time would push the page away; the Guard page has them all. */
const MAX_NEWS = 2

/**
 * On every page: that nobody guards, where that is so; what the guard did and what came back; and all other notices.
 *
 * `isNow`: what is known of the guard is of now, and not of before the connection was lost.
 */
export function GuardNews({ isNow }: { readonly isNow: boolean }): ReactNode {
  const incidents = usePanel('guard', (state) => state.incidents)
  const freshIds = usePanel('guard', (state) => state.freshIds)
  const ask = usePanel('guard', (state) => state.view?.ask ?? null)
  const notices = usePanel('app', (state) => state.notices)
  const { news, toldIds } = guardNews({ incidents, freshIds, notices, ask })
  const openedId = usePanel('guard', (state) => state.openedId)
  const isGone = usePanel('guard', (state) => state.view?.sentinel.state === 'gone')
  const heldOnly = usePanel('guard', ({ view }) => view !== null && view.launchesHeld && view.ask === null)
  return (
    <>
      {isNow && isGone && (
        <Message
          tone="error"
          text="The guard’s watcher ended and is being started again."
          whatToDo="Until it is back nobody acts when memory runs out. If this stays, quit Firebreak and start it again."
        />
      )}
      {isNow && heldOnly && (
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
      <NoticeList hiddenIds={toldIds} />
    </>
  )
}

function News({ incident }: { readonly incident: IncidentSummary }): ReactNode {
  const forget = usePanel('guard', (state) => state.putAway)
  const notices = usePanel('app', (state) => state.notices)
  const dismiss = usePanel('app', (state) => state.dismiss)
  const open = usePanel('guard', (state) => state.open)
  const go = usePanel('app', (state) => state.go)
  const now = usePanel('live', (state) => Math.floor((state.live?.atMs ?? 0) / 60_000) * 60_000)
  const { id, atMs, kind, title, text, runnerId } = incident
  const putAway = (): void => {
    forget(id)
    for (const notice of notices) if (isAboutIncident(notice, incident)) void dismiss(notice.id)
  }
  const why = (): void => {
    putAway()
    go('guard')
    void open(id)
  }
  return (
    <Message
      tone={kind === 'acted' ? 'warning' : kind === 'would-have-acted' ? 'info' : 'error'}
      text={title}
      whatToDo={text.startsWith(`${title}. `) ? text.slice(title.length + 2) : text}
      onDismiss={putAway}
    >
      <div className="buttons news-buttons">
        {kind === 'acted' && runnerId !== null && <StartAgain runnerId={runnerId} onStarted={putAway} />}
        <button type="button" className="button compact" onClick={why} aria-label={`Why: ${title}`}>
          Why
        </button>
        <time className="small muted num" dateTime={new Date(atMs).toISOString()}>
          {whenText(atMs, now)}
        </time>
      </div>
    </Message>
  )
}

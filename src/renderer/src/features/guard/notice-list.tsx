import { useState, type ReactNode } from 'react'
import { usePanel } from '../../stores/context.ts'
import { noticesToShow } from '../../stores/guard-news.ts'
import { Message } from '../../ui/message.tsx'

/** More at a time would push the page away. */
const MAX_NOTICES = 3

/** What the core wants to be known, the guard's own troubles first, then the newest, without what is told above it already. */
export function NoticeList({ hiddenIds }: { readonly hiddenIds: ReadonlySet<string> }): ReactNode {
  const notices = usePanel('app', (state) => state.notices)
  const dismiss = usePanel('app', (state) => state.dismiss)
  const [all, setAll] = useState(false)
  const { all: told, folded } = noticesToShow(
    notices.filter(({ id }) => !hiddenIds.has(id)),
    MAX_NOTICES
  )
  return (
    <>
      {(all ? told : told.slice(0, told.length - folded)).map((notice) => (
        <Message
          key={notice.id}
          tone={notice.severity}
          text={notice.text}
          whatToDo={notice.whatToDo}
          onDismiss={() => void dismiss(notice.id)}
        />
      ))}
      {folded > 0 && (
        <button
          type="button"
          className="button quiet compact"
          aria-expanded={all}
          onClick={() => setAll(!all)}
        >
          {all ? 'Show fewer' : `${folded} more`}
        </button>
      )}
    </>
  )
}

import type { ReactNode } from 'react'
import { usePanel } from '../../stores/context.ts'
import { Message } from '../../ui/message.tsx'

/** What the core wants to be known, without what is told above it already. */
export function NoticeList({ hiddenIds }: { readonly hiddenIds: ReadonlySet<string> }): ReactNode {
  const notices = usePanel('app', (state) => state.notices)
  const dismiss = usePanel('app', (state) => state.dismiss)
  return notices
    .filter(({ id }) => !hiddenIds.has(id))
    .map((notice) => (
      <Message
        key={notice.id}
        tone={notice.severity}
        text={notice.text}
        whatToDo={notice.whatToDo}
        onDismiss={() => void dismiss(notice.id)}
      />
    ))
}

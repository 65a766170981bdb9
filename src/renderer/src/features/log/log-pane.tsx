import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react'
import { usePanel } from '../../stores/context.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Message } from '../../ui/message.tsx'
import './log-pane.css'

/** Within this distance of its end, in px, the log counts as scrolled to the end. */
const AT_END_PX = 24

/** The log of one runner, over the right side of the panel; Escape closes it. */
export function LogPane(): ReactNode {
  const id = usePanel('log', (state) => state.id)
  return id === null ? null : <OpenLog key={id} id={id} />
}

function OpenLog({ id }: { readonly id: string }): ReactNode {
  const text = usePanel('log', (state) => state.text)
  const loading = usePanel('log', (state) => state.loading)
  const error = usePanel('log', (state) => state.error)
  const close = usePanel('log', (state) => state.close)
  const label = usePanel('runners', (state) => state.runners.find((one) => one.id === id)?.label ?? id)
  const [follow, setFollow] = useState(true)
  const scroller = useRef<HTMLPreElement>(null)
  const closer = useRef<HTMLButtonElement>(null)

  useEffect(() => {
    const before = document.activeElement
    closer.current?.focus()
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') close()
    }
    window.addEventListener('keydown', onKey)
    return () => {
      window.removeEventListener('keydown', onKey)
      if (before instanceof HTMLElement) before.focus()
    }
  }, [close])

  useLayoutEffect(() => {
    const pre = scroller.current
    if (follow && pre !== null && text !== '') pre.scrollTop = pre.scrollHeight
  }, [text, follow])

  const onScroll = (): void => {
    const pre = scroller.current
    if (pre === null) return
    setFollow(pre.scrollHeight - pre.scrollTop - pre.clientHeight < AT_END_PX)
  }

  return (
    <aside className="log-pane" aria-label={`Log of ${label}`}>
      <header>
        <h2 className="ellipsis" title={label}>
          Log of {label}
        </h2>
        <label className="check">
          <input type="checkbox" checked={follow} onChange={(event) => setFollow(event.target.checked)} />
          Follow
        </label>
        <CopyButton text={text} what={`log of ${label}`} />
        <button ref={closer} type="button" className="button quiet compact" onClick={close}>
          <Icon name="close" size={14} />
          <span>Close</span>
        </button>
      </header>
      {error !== null && <Message tone="error" text={error.message} detail={error.detail} />}
      {error === null && text === '' ? (
        <p className="empty">{loading ? 'Reading…' : `${label} has written nothing yet.`}</p>
      ) : (
        <pre ref={scroller} onScroll={onScroll} tabIndex={0} aria-label="Lines of the log">
          {text}
        </pre>
      )}
    </aside>
  )
}

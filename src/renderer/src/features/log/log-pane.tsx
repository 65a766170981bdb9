import { memo, useEffect, useLayoutEffect, useRef, useState, type ReactNode } from 'react'
import { told } from '../../format/next-step.ts'
import { usePanel } from '../../stores/context.ts'
import { wholeText } from '../../stores/log-text.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Message } from '../../ui/message.tsx'
import './log-pane.css'

/** Within this distance of its end, in px, the log counts as scrolled to the end. */
const AT_END_PX = 24

/** Drawn once when it is full: only the last block of a log changes. */
const Block = memo(function Block({ text }: { readonly text: string }): ReactNode {
  return <span>{text}</span>
})

/** The log of one runner, over the right side of the panel; Escape closes it. */
export function LogPane(): ReactNode {
  const id = usePanel('log', (state) => state.id)
  const opener = useRef<Element | null>(null)
  useLayoutEffect(() => {
    if (id !== null) {
      opener.current ??= document.activeElement
      return
    }
    const before = opener.current
    opener.current = null
    // What opened it may be gone by now: the page's heading is always there.
    const target = before?.isConnected === true ? before : document.querySelector('h1')
    if (before !== null && target instanceof HTMLElement) target.focus()
  }, [id])
  return id === null ? null : <OpenLog key={id} id={id} />
}

function OpenLog({ id }: { readonly id: string }): ReactNode {
  const blocks = usePanel('log', (state) => state.blocks)
  const loading = usePanel('log', (state) => state.loading)
  const error = usePanel('log', (state) => state.error)
  const close = usePanel('log', (state) => state.close)
  const label = usePanel('runners', (state) => state.runners.find((one) => one.id === id)?.label ?? id)
  const [follow, setFollow] = useState(true)
  const scroller = useRef<HTMLPreElement>(null)
  const closer = useRef<HTMLButtonElement>(null)

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') close()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [close])

  // After the opener has been noted, which the pane around this one does while everything is laid out.
  useEffect(() => closer.current?.focus(), [])

  useLayoutEffect(() => {
    const pre = scroller.current
    if (follow && pre !== null && blocks.length > 0) pre.scrollTop = pre.scrollHeight
  }, [blocks, follow])

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
        <CopyButton text={() => wholeText(blocks)} what={`log of ${label}`} />
        <button ref={closer} type="button" className="button quiet compact" onClick={close}>
          <Icon name="close" size={14} />
          <span>Close</span>
        </button>
      </header>
      {error !== null && <Message tone="error" {...told(error)} />}
      {error === null && blocks.length === 0 ? (
        <p className="empty">{loading ? 'Reading…' : `${label} has written nothing yet.`}</p>
      ) : (
        <pre ref={scroller} onScroll={onScroll} tabIndex={0} aria-label="Lines of the log">
          {blocks.map((block) => (
            <Block key={block.key} text={block.text} />
          ))}
        </pre>
      )}
    </aside>
  )
}

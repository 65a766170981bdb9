import type { ReactNode } from 'react'
import { CopyButton } from './copy-button.tsx'
import { Icon } from './icons.tsx'

interface MessageProps {
  readonly tone: 'info' | 'warning' | 'error'
  readonly text: string
  readonly whatToDo?: string | null | undefined
  readonly detail?: string | undefined
  readonly onDismiss?: (() => void) | undefined
  readonly children?: ReactNode
}

/** What happened, what to do, the details for those who want to copy them. */
export function Message({ tone, text, whatToDo, detail, onDismiss, children }: MessageProps): ReactNode {
  return (
    <div className={`message ${tone}`} role={tone === 'error' ? 'alert' : undefined}>
      <Icon name={tone} size={16} />
      <div className="body">
        <p>{text}</p>
        {whatToDo !== null && whatToDo !== undefined && <p className="muted">{whatToDo}</p>}
        {detail !== undefined && detail !== '' && (
          <details>
            <summary>Details</summary>
            <pre>{detail}</pre>
            <CopyButton text={`${text}\n${detail}`} what="details" word="Copy details" />
          </details>
        )}
        {children}
      </div>
      {onDismiss !== undefined && (
        <button
          type="button"
          className="button quiet compact icon-only"
          onClick={onDismiss}
          aria-label="Dismiss"
        >
          <Icon name="close" size={14} />
        </button>
      )}
    </div>
  )
}

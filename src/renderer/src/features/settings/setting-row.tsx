import type { ReactNode } from 'react'
import { told } from '../../format/next-step.ts'
import { usePanel } from '../../stores/context.ts'
import { Icon } from '../../ui/icons.tsx'
import { Message } from '../../ui/message.tsx'

interface SettingRowProps {
  /** Key under which the outcome of a change is kept. */
  readonly field: string
  readonly title: string
  readonly hint: ReactNode
  /** Id of the control this row labels. */
  readonly controlId: string
  readonly children: ReactNode
}

/** One setting: its words left, its control right, what became of the change beneath. */
export function SettingRow({ field, title, hint, controlId, children }: SettingRowProps): ReactNode {
  const outcome = usePanel('settings', (state) => state.fields.get(field))
  return (
    <div className="setting">
      <div className="setting-words">
        <label htmlFor={controlId}>{title}</label>
        <p id={`${controlId}-hint`} className="small muted">
          {hint}
        </p>
      </div>
      <div className="setting-control">
        {children}
        <p className="small setting-outcome" aria-live="polite">
          {outcome?.kind === 'saving' && 'Saving…'}
          {outcome?.kind === 'saved' && (
            <>
              <Icon name="check" size={12} /> Saved
            </>
          )}
        </p>
      </div>
      {outcome?.kind === 'failed' && <Message tone="error" {...told(outcome.error)} />}
    </div>
  )
}

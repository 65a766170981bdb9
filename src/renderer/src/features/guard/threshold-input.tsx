import { useState, type ReactNode } from 'react'
import { bytesWords } from '../../format/bytes.ts'
import { gibField, readThreshold, type ThresholdField, type Thresholds } from '../../format/gib.ts'
import { usePanel } from '../../stores/context.ts'

interface ThresholdInputProps {
  readonly field: ThresholdField
  readonly title: string
  readonly hint: string
  /** As shown, with what is being moved. */
  readonly now: Thresholds
  readonly isAutomatic: boolean
  readonly automaticBytes: number
  readonly onSave: (field: ThresholdField, bytes: number | null) => Promise<boolean>
}

/** A threshold as a number of GiB: saved on Enter or when the field is left; Escape takes it back. */
export function ThresholdInput(props: ThresholdInputProps): ReactNode {
  const { field, title, hint, now, isAutomatic, automaticBytes, onSave } = props
  // null = untouched, so that the number follows its handle.
  const [typed, setTyped] = useState<string | null>(null)
  const outcome = usePanel('settings', (state) => state.fields.get(field))
  const clear = usePanel('settings', (state) => state.typed)
  const refuse = usePanel('settings', (state) => state.refuse)
  const connected = usePanel('app', (state) => state.link === 'connected')
  const id = `guard-${field}`
  const type = (text: string | null): void => {
    setTyped(text)
    clear(field)
  }
  const save = (): void => {
    if (typed === null) return
    const read = readThreshold(field, typed, now)
    if (read.bad !== null) return void refuse(field, read.bad)
    if (read.bytes === now[field] || typed === gibField(now[field])) return setTyped(null)
    void onSave(field, read.bytes).then((taken) => taken && setTyped(null))
  }
  return (
    <div className="field">
      <label htmlFor={id}>{title}</label>
      <div className="threshold-line">
        <input
          id={id}
          className="input"
          inputMode="decimal"
          value={typed ?? gibField(now[field])}
          spellCheck={false}
          autoComplete="off"
          aria-describedby={`${id}-hint`}
          aria-invalid={outcome?.kind === 'failed'}
          onChange={(event) => type(event.target.value)}
          onBlur={save}
          onKeyDown={(event) => {
            if (event.key === 'Enter') save()
            if (event.key === 'Escape') type(null)
          }}
        />
        <span className="muted">GiB</span>
        <button
          type="button"
          className="button quiet compact"
          aria-disabled={isAutomatic || !connected}
          aria-label={`${title}: automatic, ${bytesWords(automaticBytes)}`}
          onClick={() => {
            if (isAutomatic || !connected) return
            type(null)
            void onSave(field, null)
          }}
        >
          {isAutomatic ? 'Automatic' : `Automatic: ${bytesWords(automaticBytes)}`}
        </button>
        <span className="small threshold-outcome" aria-live="polite">
          {outcome?.kind === 'saving' && 'Saving…'}
          {outcome?.kind === 'saved' && 'Saved'}
        </span>
      </div>
      <p id={`${id}-hint`} className={`hint ${outcome?.kind === 'failed' ? 'bad' : ''}`}>
        {outcome?.kind === 'failed' ? outcome.error.message : hint}
      </p>
    </div>
  )
}

import { useState, type ReactNode } from 'react'
import { usePanel } from '../../stores/context.ts'
import { SettingRow } from './setting-row.tsx'

interface TextSettingProps {
  readonly field: string
  readonly title: string
  readonly hint: ReactNode
  readonly value: string
  readonly placeholder?: string
  readonly unit?: string
  readonly lines?: boolean
  /** False where it was refused: what was typed then stays, to be put right. */
  readonly onSave: (text: string) => Promise<boolean>
}

/** A typed setting: saved on Enter or when the field is left, and only if it was changed; Escape takes it back. */
export function TextSetting(props: TextSettingProps): ReactNode {
  const { field, title, hint, value, placeholder, unit, lines, onSave } = props
  // null = untouched, so that a change from elsewhere shows at once.
  const [typed, setTyped] = useState<string | null>(null)
  const id = `setting-${field}`
  const clear = usePanel('settings', (state) => state.typed)
  const type = (text: string | null): void => {
    setTyped(text)
    clear(field)
  }
  const save = (): void => {
    if (typed === null) return
    if (typed === value) return setTyped(null)
    void onSave(typed).then((taken) => taken && setTyped(null))
  }
  const common = {
    id,
    className: 'input',
    value: typed ?? value,
    placeholder,
    spellCheck: false,
    autoComplete: 'off',
    'aria-describedby': `${id}-hint`,
    onBlur: save
  }
  return (
    <SettingRow field={field} title={title} hint={hint} controlId={id}>
      {lines === true ? (
        <textarea
          {...common}
          onChange={(event) => type(event.target.value)}
          onKeyDown={(event) => event.key === 'Escape' && type(null)}
        />
      ) : (
        <div className={unit === undefined ? '' : 'with-unit'}>
          <input
            {...common}
            onChange={(event) => type(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') save()
              if (event.key === 'Escape') type(null)
            }}
          />
          {unit !== undefined && <span className="muted">{unit}</span>}
        </div>
      )}
    </SettingRow>
  )
}

import { useId, type ReactNode } from 'react'
import type { FieldSpec } from '../../../../shared/model/runner-spec.ts'
import { hasSecretLine } from './secrets.ts'

interface SettingFieldProps {
  readonly field: FieldSpec
  readonly value: string | boolean
  readonly error: string | undefined
  readonly onChange: (value: string | boolean) => void
}

/** What a list has in its lines, by key; arguments otherwise. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  env: 'NAME=value',
  command: 'my-server\n--port\n{port}'
}

/** The control of one setting: what it is, its unit, what it changes or what is wrong with it. */
export function SettingField({ field, value, error, onChange }: SettingFieldProps): ReactNode {
  const id = useId()
  const text = typeof value === 'string' ? value : ''
  if (field.type === 'flag') {
    return (
      <label className="check">
        <input
          type="checkbox"
          checked={value === true}
          onChange={(event) => onChange(event.target.checked)}
        />
        <span>
          {field.label}
          <span className="small muted block">{field.help}</span>
        </span>
      </label>
    )
  }
  const shared = { id, 'aria-describedby': `${id}-hint`, 'aria-invalid': error !== undefined } as const
  return (
    <div className={`field ${field.type === 'list' ? 'wide' : ''}`}>
      <label htmlFor={id}>
        {field.label}
        {field.type === 'int' && field.unit !== undefined && (
          <span className="muted unit"> {field.unit}</span>
        )}
      </label>
      {field.type === 'list' && (
        <textarea
          {...shared}
          className={`input ${hasSecretLine(text) ? 'masked' : ''}`}
          value={text}
          spellCheck={false}
          placeholder={PLACEHOLDERS[field.key] ?? '--option\nvalue'}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
      {field.type === 'choice' && (
        <select {...shared} className="input" value={text} onChange={(event) => onChange(event.target.value)}>
          {field.options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
      {(field.type === 'int' || field.type === 'number' || field.type === 'text') && (
        <input
          {...shared}
          className="input"
          value={text}
          spellCheck={false}
          autoComplete="off"
          inputMode={field.type === 'text' ? 'text' : 'decimal'}
          {...(field.type === 'text' && field.placeholder !== undefined
            ? { placeholder: field.placeholder }
            : {})}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
      <p id={`${id}-hint`} className={`hint ${error === undefined ? '' : 'bad'}`}>
        {error ?? field.help}
      </p>
    </div>
  )
}

import { useId, type ReactNode } from 'react'
import type { Importance } from '../../../../shared/model/importance.ts'
import { usePanel } from '../../stores/context.ts'
import type { Draft, DraftErrors, TextDraftField } from './draft.ts'

interface TextFieldProps {
  readonly draft: Draft
  readonly errors: DraftErrors
  readonly set: (field: TextDraftField) => (value: string) => void
  readonly field: TextDraftField
  readonly label: string
  readonly hint?: string
  readonly placeholder?: string
  readonly wide?: boolean
  /** Offers the models found on disk. */
  readonly list?: boolean
}

/** One line of text with what it means, or what is wrong with it. */
export function TextField(props: TextFieldProps): ReactNode {
  const { draft, errors, set, field, label, hint, placeholder, wide, list } = props
  const id = useId()
  const models = usePanel('runners', (state) => state.models)
  const error = errors[field]
  return (
    <div className={`field ${wide === true ? 'wide' : ''}`}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="input"
        value={draft[field]}
        placeholder={placeholder}
        spellCheck={false}
        autoComplete="off"
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-hint`}
        {...(list === true ? { list: `${id}-models` } : {})}
        onChange={(event) => set(field)(event.target.value)}
      />
      {list === true && (
        <datalist id={`${id}-models`}>
          {models.map((model) => (
            <option key={model.path} value={model.path}>
              {model.label}
            </option>
          ))}
        </datalist>
      )}
      <p id={`${id}-hint`} className={`hint ${error === undefined ? '' : 'bad'}`}>
        {error ?? hint ?? ''}
      </p>
    </div>
  )
}

const IMPORTANCE_WORDS = [
  ['low', 'Low: stop it first'],
  ['normal', 'Normal'],
  ['high', 'High: stop it last']
] as const

/** How willingly the guard stops it. */
export function ImportanceField({
  value,
  off,
  onChange
}: {
  readonly value: Importance
  /** It is never stopped: how important it is makes no difference. */
  readonly off: boolean
  readonly onChange: (value: Importance) => void
}): ReactNode {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>Importance</label>
      <select
        id={id}
        className="input"
        value={value}
        disabled={off}
        aria-describedby={`${id}-hint`}
        onChange={(event) => {
          const chosen = IMPORTANCE_WORDS.find(([one]) => one === event.target.value)?.[0]
          if (chosen !== undefined) onChange(chosen)
        }}
      >
        {IMPORTANCE_WORDS.map(([one, words]) => (
          <option key={one} value={one}>
            {words}
          </option>
        ))}
      </select>
      <p id={`${id}-hint`} className="hint">
        Whom the guard stops first
      </p>
    </div>
  )
}

/** Arguments, one per line. */
export function ArgsField({
  value,
  onChange
}: {
  readonly value: string
  readonly onChange: (value: string) => void
}): ReactNode {
  const id = useId()
  return (
    <div className="field wide">
      <label htmlFor={id}>Extra arguments</label>
      <textarea
        id={id}
        className="input"
        value={value}
        spellCheck={false}
        placeholder={'--flash-attn\non'}
        onChange={(event) => onChange(event.target.value)}
        aria-describedby={`${id}-hint`}
      />
      <p id={`${id}-hint`} className="hint">
        One per line, handed to llama-server as they are.
      </p>
    </div>
  )
}

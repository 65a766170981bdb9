import { useId, type ReactNode } from 'react'
import type { Importance } from '../../../../shared/model/importance.ts'
import type { RunnerSpec } from '../../../../shared/model/runner-spec.ts'
import { usePanel } from '../../stores/context.ts'
import type { FoundModel } from '../../stores/runners.ts'

interface TextFieldProps {
  readonly value: string
  readonly error: string | undefined
  readonly label: string
  readonly hint?: string
  readonly placeholder?: string
  readonly wide?: boolean
  /** Most characters that can be typed; that there are no more is said then. */
  readonly maxLength?: number
  /** Values to choose from. */
  readonly suggestions?: readonly { readonly value: string; readonly label: string }[]
  readonly onChange: (value: string) => void
}

/** One line of text with what it means, or what is wrong with it. */
export function TextField(props: TextFieldProps): ReactNode {
  const { value, error, label, hint, placeholder, wide, maxLength, suggestions, onChange } = props
  const isFull = maxLength !== undefined && value.length >= maxLength
  const id = useId()
  return (
    <div className={`field ${wide === true ? 'wide' : ''}`}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="input"
        value={value}
        placeholder={placeholder}
        maxLength={maxLength}
        spellCheck={false}
        autoComplete="off"
        aria-invalid={error !== undefined || isFull}
        aria-describedby={`${id}-hint`}
        {...(suggestions === undefined ? {} : { list: `${id}-list` })}
        onChange={(event) => onChange(event.target.value)}
      />
      {suggestions !== undefined && (
        <datalist id={`${id}-list`}>
          {suggestions.map((one) => (
            <option key={one.value} value={one.value}>
              {one.label}
            </option>
          ))}
        </datalist>
      )}
      <p id={`${id}-hint`} className={`hint ${error === undefined && !isFull ? '' : 'bad'}`}>
        {error ?? (isFull ? `No more than ${maxLength} characters.` : (hint ?? ''))}
      </p>
    </div>
  )
}

const MODEL_HINTS: Readonly<Record<RunnerSpec['model']['form'], string>> = {
  gguf: 'A GGUF file, the whole path',
  repository: 'owner/name on Hugging Face, or the path of a folder',
  tag: 'Its name, with its tag',
  path: 'The whole path',
  none: ''
}

const fits = (form: RunnerSpec['model']['form'], { format }: FoundModel): boolean =>
  form === 'gguf' ? format === 'gguf' : form === 'tag' ? format === 'ollama' : format === 'safetensors'

/** What it loads, with what is on disk to choose from. */
export function ModelField({
  spec,
  value,
  error,
  onChange
}: {
  readonly spec: RunnerSpec
  readonly value: string
  readonly error: string | undefined
  readonly onChange: (value: string) => void
}): ReactNode {
  const models = usePanel('runners', (state) => state.models)
  const { form, label, placeholder } = spec.model
  return (
    <TextField
      value={value}
      error={error}
      label={label}
      hint={MODEL_HINTS[form]}
      placeholder={placeholder}
      wide
      suggestions={models
        .filter((model) => !model.isPartial && fits(form, model))
        .map((model) => ({
          value: form === 'repository' ? (model.repository ?? model.path) : model.path,
          label: model.label
        }))}
      onChange={onChange}
    />
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

import { useId, type ReactNode } from 'react'
import type { FieldSpec } from '../../../../shared/model/runner-spec.ts'
import type { ModelFacts } from '../../../../shared/model/model-facts.ts'
import { contextHint, contextSteps, stepOf, trainedContext } from './context-steps.ts'

/** The context as a number and as a slider beneath it: what is moved to see how large it may be. */
export function ContextField({
  field,
  facts,
  value,
  error,
  onChange
}: {
  readonly field: FieldSpec
  readonly facts: ModelFacts | null
  readonly value: string
  readonly error: string | undefined
  readonly onChange: (value: string) => void
}): ReactNode {
  const id = useId()
  const steps = contextSteps(facts)
  const at = stepOf(Number(value) || 0, steps)
  const trained = trainedContext(facts)
  const tokens = steps[at] ?? 0
  return (
    <div className="field context-field">
      <label htmlFor={id}>
        {field.label}
        <span className="muted unit"> tokens</span>
      </label>
      <input
        id={id}
        className="input"
        value={value}
        inputMode="decimal"
        spellCheck={false}
        autoComplete="off"
        aria-describedby={`${id}-hint`}
        aria-invalid={error !== undefined}
        onChange={(event) => onChange(event.target.value)}
      />
      <input
        type="range"
        className="slider"
        min={0}
        max={steps.length - 1}
        step={1}
        value={at}
        aria-label={field.label}
        aria-valuetext={`${tokens} tokens`}
        onChange={(event) => onChange(String(steps[Number(event.target.value)] ?? tokens))}
      />
      <p id={`${id}-hint`} className={`hint ${error === undefined ? '' : 'bad'}`}>
        {error ?? contextHint(value, trained)}
      </p>
    </div>
  )
}

import type { ReactNode } from 'react'
import { Check } from '../../ui/check.tsx'
import type { Draft } from './draft.ts'
import { ImportanceField, TextField } from './profile-fields.tsx'

/** What the guard may do with it when memory runs out. */
export function WhenShort({
  draft,
  error,
  onChange
}: {
  readonly draft: Draft
  /** Of its own floor. */
  readonly error: string | undefined
  readonly onChange: (field: string, over: Partial<Draft>) => void
}): ReactNode {
  return (
    <fieldset className="form-part">
      <legend>When memory runs out</legend>
      <div className="form-grid">
        <ImportanceField
          value={draft.importance}
          onChange={(importance) => onChange('importance', { importance })}
          off={draft.pinned}
        />
        <TextField
          value={draft.floorGib}
          error={error}
          label="Own floor"
          hint="GiB this model may leave free when at rest; empty = the machine’s floor"
          onChange={(floorGib) => onChange('floorGib', { floorGib })}
        />
        <Check
          checked={draft.pinned}
          words="Never stop this one"
          hint="The guard stops others, even if that is not enough."
          onChange={(pinned) => onChange('pinned', { pinned })}
        />
      </div>
    </fieldset>
  )
}

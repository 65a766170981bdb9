import type { ReactNode } from 'react'

/** A box to tick, with what it means beneath its words. */
export function Check({
  checked,
  words,
  hint,
  className = '',
  onChange
}: {
  readonly checked: boolean
  readonly words: string
  readonly hint?: string
  readonly className?: string
  readonly onChange: (checked: boolean) => void
}): ReactNode {
  return (
    <label className={`check ${className}`}>
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      <span>
        {words}
        {hint !== undefined && <span className="small muted block">{hint}</span>}
      </span>
    </label>
  )
}

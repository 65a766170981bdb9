import type { ReactNode } from 'react'
import type { GuardLevel } from '../../../shared/model/status.ts'

// One silhouette per level: told apart without colour, at 16 px, and in print.
const SHAPES: Readonly<Record<GuardLevel, ReactNode>> = {
  calm: (
    <>
      <circle cx="12" cy="12" r="10" fill="currentColor" />
      <path d="m7.5 12.4 3.1 3.1 6-6.4" stroke="var(--on-level)" strokeWidth="2.2" />
    </>
  ),
  watch: (
    <>
      <circle cx="12" cy="12" r="9" stroke="currentColor" strokeWidth="2" />
      <path d="M12 3a9 9 0 0 1 9 9h-9z" fill="currentColor" />
    </>
  ),
  warn: (
    <>
      <path d="M12 3 22 20.5H2z" stroke="currentColor" strokeWidth="2.2" />
      <path d="M12 10v4.6M12 17.2v.1" stroke="currentColor" strokeWidth="2.4" />
    </>
  ),
  act: (
    <>
      <path d="M12 2.5 22.5 20.5H1.5z" fill="currentColor" stroke="currentColor" strokeWidth="1.5" />
      <path d="M12 9.5v5M12 17.3v.1" stroke="var(--on-level)" strokeWidth="2.4" />
    </>
  ),
  emergency: (
    <>
      <path d="M7 3h10l5 9-5 9H7l-5-9z" fill="currentColor" stroke="currentColor" strokeWidth="1.5" />
      <path d="M12 7.5v6M12 16.7v.1" stroke="var(--on-level)" strokeWidth="2.6" />
    </>
  )
}

/** The shape of a level; its word stands beside it. */
export function LevelMark({
  level,
  size
}: {
  readonly level: GuardLevel
  readonly size: number
}): ReactNode {
  return (
    <svg
      className="level-mark"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {SHAPES[level]}
    </svg>
  )
}

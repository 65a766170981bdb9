import type { ReactNode } from 'react'
import type { GuardLevel } from '../../../shared/model/status.ts'

/** 'unknown': no news from the core, so nobody may read 'calm'. */
export type ShownLevel = GuardLevel | 'unknown'

// One silhouette per level: told apart without colour, at 16 px, and in print.
const SHAPES: Readonly<Record<ShownLevel, ReactNode>> = {
  unknown: (
    <>
      <circle cx="12" cy="12" r="9.5" stroke="currentColor" strokeWidth="2" strokeDasharray="3.2 3.2" />
      <path
        d="M9.4 9.6a2.7 2.7 0 1 1 3.9 2.5c-.9.4-1.3 1-1.3 1.9M12 16.9v.1"
        stroke="currentColor"
        strokeWidth="2"
      />
    </>
  ),
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
export function LevelMark({ level, size }: { readonly level: ShownLevel; readonly size: number }): ReactNode {
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

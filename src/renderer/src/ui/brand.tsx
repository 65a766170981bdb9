import type { ReactNode } from 'react'

/** The mark: memory, and the strip kept clear at its end. */
export function Brand(): ReactNode {
  return (
    <svg width="36" height="28" viewBox="0 0 36 28" role="img" aria-label="Firebreak">
      <rect x="1" y="3" width="9" height="22" rx="2.5" fill="var(--hue-0)" />
      <rect x="11" y="3" width="5" height="22" rx="1.5" fill="var(--hue-1)" />
      <rect x="17" y="3" width="4" height="22" rx="1.5" fill="var(--kind-desktop)" />
      <path d="M25 0v28" stroke="var(--ink)" strokeWidth="2.5" />
      <rect
        x="28.75"
        y="3.75"
        width="6.5"
        height="20.5"
        rx="2"
        fill="none"
        stroke="var(--line-firm)"
        strokeWidth="1.5"
      />
    </svg>
  )
}

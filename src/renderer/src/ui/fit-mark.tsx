import type { ReactNode } from 'react'
import type { Verdict } from '../../../shared/model/estimate.ts'
import './fit.css'

const SHAPES: Readonly<Record<Verdict, ReactNode>> = {
  fits: <circle cx="6" cy="6" r="5.5" fill="currentColor" />,
  tight: (
    <>
      <circle cx="6" cy="6" r="4.75" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M6 1.25a4.75 4.75 0 0 0 0 9.5z" fill="currentColor" />
    </>
  ),
  'does-not-fit': <circle cx="6" cy="6" r="4.75" fill="none" stroke="currentColor" strokeWidth="1.5" />,
  unknown: (
    <path
      d="M3.6 4.1C3.7 2.6 4.7 1.8 6 1.8s2.4.8 2.4 2.1c0 1.9-2.3 1.8-2.3 3.6M6.1 9.7v.3"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
    />
  )
}

/** Full, half, empty, or a question: the shape of a verdict; its word stands beside it. */
export function FitShape({ verdict }: { readonly verdict: Verdict }): ReactNode {
  return (
    <svg
      className={`fit-shape ${verdict}`}
      width={12}
      height={12}
      viewBox="0 0 12 12"
      aria-hidden="true"
      focusable="false"
    >
      {SHAPES[verdict]}
    </svg>
  )
}

/** The mark of a row: shape and figure, the word beneath. It changes when its verdict does, not with every tick. */
export function FitMark({
  verdict,
  figure,
  word,
  title
}: {
  /** Null: there is nothing to decide, it runs already. */
  readonly verdict: Verdict | null
  readonly figure: string
  readonly word: string
  readonly title: string
}): ReactNode {
  return (
    <p className="fit-mark" title={title}>
      <span className="fit-figure num">
        {verdict !== null && <FitShape verdict={verdict} />}
        {figure}
      </span>
      <span className="fit-word small">{word}</span>
    </p>
  )
}

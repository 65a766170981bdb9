import type { ReactNode } from 'react'
import type { RunnerKind } from '../../../shared/model/runner.ts'
import { KIND_LETTERS, KIND_NAMES } from '../format/runner.ts'

/** The letters of a kind; the name is beside it or in its title. */
export function KindMark({ kind }: { readonly kind: RunnerKind }): ReactNode {
  return (
    <span className="kind-mark" title={KIND_NAMES[kind]} aria-hidden="true">
      {KIND_LETTERS[kind]}
    </span>
  )
}

import type { ReactNode } from 'react'
import type { Installation } from '../../../shared/model/runner.ts'
import { Message } from './message.tsx'

/** Said before a Start is refused for it: what runs models is not there, and what to do. */
export function MissingPrograms({
  installed,
  onSettings
}: {
  readonly installed: readonly Installation[]
  readonly onSettings: () => void
}): ReactNode {
  return installed.map(({ kind, problem }) =>
    problem === null ? null : (
      <Message key={kind} tone="warning" text={problem}>
        <button type="button" className="button compact" onClick={onSettings}>
          Open Settings
        </button>
      </Message>
    )
  )
}

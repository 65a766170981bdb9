import type { ReactNode } from 'react'
import type { Installation, Profile } from '../../../shared/model/runner.ts'
import { Message } from './message.tsx'

/**
 * Said before a Start is refused for it: what runs models is not there, and what to do. Only of kinds that a profile
 * wants as a program of this machine; without any profile, of the one that needs nothing else.
 */
export function MissingPrograms({
  installed,
  used,
  onSettings
}: {
  readonly installed: readonly Installation[]
  readonly used: readonly Profile[]
  readonly onSettings: () => void
}): ReactNode {
  const isWanted = (kind: Installation['kind']): boolean =>
    used.length === 0
      ? kind === 'llamacpp'
      : used.some((profile) => profile.kind === kind && profile.container === null)
  return installed.map(({ kind, problem }) =>
    problem === null || !isWanted(kind) ? null : (
      <Message key={kind} tone="warning" text={problem}>
        {kind === 'llamacpp' && (
          <button type="button" className="button compact" onClick={onSettings}>
            Open Settings
          </button>
        )}
      </Message>
    )
  )
}

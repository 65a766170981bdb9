import type { ReactNode } from 'react'
import type { Conflict } from '../../../../shared/model/guard.ts'
import { usePanel } from '../../stores/context.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Icon } from '../../ui/icons.tsx'

/** Other guards and settings of the system that would fire first or at the wrong one. */
export function Conflicts(): ReactNode {
  const conflicts = usePanel('guard', (state) => state.protection?.conflicts ?? null)
  return (
    <section className="card" aria-labelledby="conflicts-title">
      <div className="card-head">
        <h2 id="conflicts-title">Other guards and settings</h2>
      </div>
      {conflicts === null ? (
        <p className="empty">Looking…</p>
      ) : conflicts.length === 0 ? (
        <p className="empty good-line">
          <Icon name="check" size={14} /> Nothing on this machine gets in the guard’s way.
        </p>
      ) : (
        <ul className="conflicts">
          {conflicts.map((one) => (
            <OneConflict key={one.id} conflict={one} />
          ))}
        </ul>
      )}
    </section>
  )
}

function OneConflict({ conflict }: { readonly conflict: Conflict }): ReactNode {
  const { severity, title, text, whatToDo, commands } = conflict
  return (
    <li className={`conflict ${severity}`}>
      <h3>
        <Icon name={severity} size={16} />
        <span>{title}</span>
      </h3>
      <p>{text}</p>
      <p className="muted">{whatToDo}</p>
      {commands.map((command) => (
        <Command key={command} words={command} />
      ))}
    </li>
  )
}

/** A command as it is run, to be read and copied. */
export function Command({ words }: { readonly words: string }): ReactNode {
  return (
    <div className="command">
      <code>{words}</code>
      <CopyButton text={words} what={words} />
    </div>
  )
}

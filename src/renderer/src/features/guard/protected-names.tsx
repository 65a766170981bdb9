import { useRef, useState, type FormEvent, type ReactNode } from 'react'
import { BUILT_IN_PROTECTED } from '../../../../shared/domain/guard/protected.ts'
import { told } from '../../format/next-step.ts'
import { usePanel } from '../../stores/context.ts'
import { Icon } from '../../ui/icons.tsx'
import { Message } from '../../ui/message.tsx'

const NOBODY: readonly never[] = []
const FIELD = 'guard.protectedNames'
/** As the settings take them. */
const MAX_NAME = 200

/** Who is never stopped: what every desktop needs, and the user's own names. */
export function ProtectedNames(): ReactNode {
  const all = usePanel('guard', (state) => state.view?.protectedNames ?? NOBODY)
  const own = usePanel('settings', (state) => state.settings?.guard.protectedNames ?? NOBODY)
  const change = usePanel('settings', (state) => state.change)
  const refuse = usePanel('settings', (state) => state.refuse)
  const clear = usePanel('settings', (state) => state.typed)
  const outcome = usePanel('settings', (state) => state.fields.get(FIELD))
  const connected = usePanel('app', (state) => state.link === 'connected')
  const [typed, setTyped] = useState('')
  const input = useRef<HTMLInputElement>(null)
  const mine = new Set(own)
  const builtIn = [...new Set([...BUILT_IN_PROTECTED, ...all])].filter((name) => !mine.has(name))
  const save = (names: readonly string[]): Promise<boolean> =>
    change(FIELD, { guard: { protectedNames: [...names] } })
  const add = (event: FormEvent): void => {
    event.preventDefault()
    const name = typed.trim()
    if (name === '' || !connected) return
    if (name === '*') return void refuse(FIELD, 'A star alone would mean every program.')
    if (builtIn.includes(name) || mine.has(name)) return void refuse(FIELD, `${name} is on the list already.`)
    void save([...own, name]).then((taken) => taken && setTyped(''))
  }
  const remove = (name: string): void => {
    void save(own.filter((one) => one !== name)).then(() => input.current?.focus())
  }
  return (
    <section className="card" aria-labelledby="protected-title">
      <div className="card-head">
        <h2 id="protected-title">Never stopped</h2>
      </div>
      <div className="card-body names">
        {own.length > 0 && (
          <ul className="chips" aria-label="Your own names">
            {own.map((name) => (
              <li key={name} className="chip own">
                <span className="ellipsis mono" title={name}>
                  {name}
                </span>
                <button
                  type="button"
                  aria-label={`Remove ${name}`}
                  disabled={!connected}
                  onClick={() => remove(name)}
                >
                  <Icon name="close" size={12} />
                </button>
              </li>
            ))}
          </ul>
        )}
        <form className="names-add" onSubmit={add}>
          <input
            ref={input}
            className="input"
            value={typed}
            maxLength={MAX_NAME}
            placeholder="Name of a program, as blender or python3*"
            aria-label="Name of a program that is never stopped"
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => {
              setTyped(event.target.value)
              clear(FIELD)
            }}
          />
          <button type="submit" className="button" aria-disabled={typed.trim() === '' || !connected}>
            <Icon name="plus" size={14} />
            <span>Add</span>
          </button>
        </form>
        {outcome?.kind === 'failed' && <Message tone="error" {...told(outcome.error)} />}
        <details>
          <summary className="small">Built in: {builtIn.length} names every desktop needs</summary>
          <ul className="chips" aria-label="Built-in names">
            {builtIn.map((name) => (
              <li key={name} className="chip">
                <span className="ellipsis mono">{name}</span>
              </li>
            ))}
          </ul>
        </details>
        <p className="small muted">This is about other programs. To protect a model, edit it under Models.</p>
      </div>
    </section>
  )
}

import type { ReactNode } from 'react'
import { GUARD_MODES } from '../../../../shared/model/status.ts'
import { modeWords } from '../../format/guard.ts'
import { told } from '../../format/next-step.ts'
import { usePanel } from '../../stores/context.ts'
import { modePatch } from '../../stores/own-sizes.ts'
import { Message } from '../../ui/message.tsx'

/** How much the guard does by itself: every mode with its sentence, so that nobody has to try them. */
export function ModePicker(): ReactNode {
  const mode = usePanel('settings', (state) => state.settings?.guard.mode ?? null)
  const answerS = usePanel('settings', (state) => state.settings?.guard.answerS ?? 0)
  const change = usePanel('settings', (state) => state.change)
  const outcome = usePanel('settings', (state) => state.fields.get('guard.mode'))
  const connected = usePanel('app', (state) => state.link === 'connected')
  return (
    <section className="card" aria-labelledby="mode-title">
      <div className="card-head">
        <h2 id="mode-title">What it does without asking</h2>
      </div>
      <div className="card-body">
        <div className="modes" role="radiogroup" aria-labelledby="mode-title">
          {GUARD_MODES.map((one) => {
            const { name, does } = modeWords(one, answerS)
            return (
              <label key={one} className={`mode ${one === mode ? 'on' : ''}`}>
                <input
                  type="radio"
                  name="guard-mode"
                  checked={one === mode}
                  disabled={!connected}
                  aria-describedby={`mode-${one}`}
                  onChange={() => void change('guard.mode', modePatch(one))}
                />
                <span className="mode-name">{name}</span>
                <span id={`mode-${one}`} className="mode-does small muted">
                  {does}
                </span>
              </label>
            )
          })}
        </div>
        <p className="small muted mode-sizes">
          Sizes of your own are Custom: every other mode sets reserve and floor back to automatic.
        </p>
        {outcome?.kind === 'failed' && <Message tone="error" {...told(outcome.error)} />}
      </div>
    </section>
  )
}

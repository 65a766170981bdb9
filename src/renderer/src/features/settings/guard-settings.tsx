import type { ReactNode } from 'react'
import { ANSWER_S, defaultSettings } from '../../../../shared/settings/schema.ts'
import { usePanel } from '../../stores/context.ts'
import { parseSeconds } from './parse.ts'
import { SettingRow } from './setting-row.tsx'
import { TextSetting } from './text-setting.tsx'

const DEFAULTS = defaultSettings().guard
const FIELD = 'guard.answerS'

/** How long the guard waits for an answer, and whom it may stop. The rest is on its own page. */
export function GuardSettings(): ReactNode {
  const answerS = usePanel('settings', (state) => state.settings?.guard.answerS ?? DEFAULTS.answerS)
  const allowed = usePanel('settings', (state) => state.settings?.guard.mayStopForeign ?? false)
  const change = usePanel('settings', (state) => state.change)
  const refuse = usePanel('settings', (state) => state.refuse)
  const go = usePanel('app', (state) => state.go)
  const [low, high] = ANSWER_S
  const saveAnswer = async (text: string): Promise<boolean> => {
    const read = parseSeconds(text, ANSWER_S)
    if (read.bad !== null) return refuse(FIELD, read.bad)
    return change(FIELD, { guard: { answerS: read.value ?? DEFAULTS.answerS } })
  }
  return (
    <section className="card" aria-labelledby="guard-settings-title">
      <div className="card-head">
        <h2 id="guard-settings-title">Guard</h2>
        <button type="button" className="button quiet compact" onClick={() => go('guard')}>
          Mode, protected names and more
        </button>
      </div>
      <TextSetting
        field={FIELD}
        title="Wait for an answer"
        hint={`A paused model that nobody answers for is stopped after this. ${low} to ${high} seconds; empty = ${DEFAULTS.answerS}. It is stopped sooner if memory falls below the floor. In the mode Relaxed the guard waits as long as it takes.`}
        value={answerS === DEFAULTS.answerS ? '' : String(answerS)}
        placeholder={String(DEFAULTS.answerS)}
        unit="s"
        onSave={saveAnswer}
      />
      <SettingRow
        field="guard.mayStopForeign"
        title="May stop programs it did not start"
        hint="Pausing counts as stopping. Off: Firebreak only tells the kernel to choose them before the desktop. Protected names are never stopped."
        controlId="may-stop-foreign"
      >
        <input
          id="may-stop-foreign"
          type="checkbox"
          className="toggle"
          role="switch"
          checked={allowed}
          aria-checked={allowed}
          aria-describedby="may-stop-foreign-hint"
          onChange={(event) =>
            void change('guard.mayStopForeign', { guard: { mayStopForeign: event.target.checked } })
          }
        />
      </SettingRow>
    </section>
  )
}

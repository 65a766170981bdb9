import { useState, type ReactNode } from 'react'
import type { RankedVictim, RefusedVictim } from '../../../../shared/model/guard.ts'
import { isKnown, type Reading } from '../../../../shared/model/reading.ts'
import { bytesText } from '../../format/bytes.ts'
import { aboutText } from '../../format/duration.ts'
import { REFUSAL_WORDS } from '../../format/guard.ts'
import { told } from '../../format/next-step.ts'
import { usePanel } from '../../stores/context.ts'
import { runnerIdOf } from '../../stores/guard-acts.ts'
import { Icon } from '../../ui/icons.tsx'
import { Message } from '../../ui/message.tsx'
import { Swatch } from '../../ui/swatch.tsx'

/** Rows before 'Show all'. */
const FIRST_ROWS = 5

const NOBODY: readonly never[] = []

const reloadText = (reloadS: Reading): string =>
  isKnown(reloadS) ? `about ${aboutText(reloadS)}` : 'not known'

/** What it would do if memory ran out now, to whom, in which order, and to whom never. */
export function WouldDo(): ReactNode {
  const sentence = usePanel('guard', (state) => state.view?.wouldDo ?? '')
  const victims = usePanel('guard', (state) => state.view?.ranking.victims ?? NOBODY)
  const refused = usePanel('guard', (state) => state.view?.ranking.refused ?? NOBODY)
  return (
    <section className="card" aria-labelledby="would-title">
      <div className="card-head">
        <h2 id="would-title">What it would do now</h2>
      </div>
      <div className="card-body would">
        <p className="would-sentence">{sentence}</p>
        {victims.length > 0 && <Victims victims={victims} />}
        {refused.length > 0 && <Refused refused={refused} />}
        <MayStopForeign />
      </div>
    </section>
  )
}

function Who({ id, label, kind }: Pick<RankedVictim, 'id' | 'label' | 'kind'>): ReactNode {
  const hue = usePanel('live', (state) => state.hues.get(`runner:${runnerIdOf(id)}`))
  return (
    <span className="would-who">
      <Swatch kind={kind === 'runner' ? 'runner' : 'process'} hue={hue} />
      <span className="ellipsis" title={label}>
        {label}
      </span>
    </span>
  )
}

function Victims({ victims }: { readonly victims: readonly RankedVictim[] }): ReactNode {
  const [all, setAll] = useState(false)
  return (
    <>
      <table className="would-table">
        <caption className="hidden-visually">In the order in which they would be stopped</caption>
        <thead>
          <tr>
            <th scope="col">Stopped in this order</th>
            <th scope="col">Importance</th>
            <th scope="col" className="num">
              Comes back
            </th>
            <th scope="col" className="num">
              Reload
            </th>
            <th scope="col" className="would-why">
              Why here
            </th>
          </tr>
        </thead>
        <tbody>
          {(all ? victims : victims.slice(0, FIRST_ROWS)).map((one, at) => (
            <tr key={one.id}>
              <th scope="row">
                <span className="would-place num muted">{at + 1}</span>
                <Who {...one} />
              </th>
              <td>
                <OfModel {...one} />
              </td>
              <td className="num">{bytesText(one.bytes)}</td>
              <td className="num muted">{reloadText(one.reloadS)}</td>
              <td className="would-why muted">{one.why}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <More count={victims.length} all={all} onToggle={() => setAll(!all)} />
    </>
  )
}

/** How important the model is, as a way to where that is set. */
function OfModel({ id, label }: Pick<RankedVictim, 'id' | 'label'>): ReactNode {
  const runnerId = runnerIdOf(id)
  const importance = usePanel(
    'runners',
    (state) => state.profiles.find((one) => one.id === runnerId)?.importance ?? null
  )
  const edit = usePanel('app', (state) => state.edit)
  if (importance === null) return <span className="muted">–</span>
  return (
    <button
      type="button"
      className="button quiet compact"
      aria-label={`Importance of ${label}: ${importance}. Change it`}
      onClick={() => edit(runnerId)}
    >
      <span>{importance}</span>
      <Icon name="chevron" size={12} />
    </button>
  )
}

function Refused({ refused }: { readonly refused: readonly RefusedVictim[] }): ReactNode {
  const [all, setAll] = useState(false)
  return (
    <>
      <table className="would-table">
        <caption className="hidden-visually">Never stopped, and why</caption>
        <thead>
          <tr>
            <th scope="col">Not stopped</th>
            <th scope="col" className="num">
              Holds
            </th>
            <th scope="col">Why not</th>
          </tr>
        </thead>
        <tbody>
          {(all ? refused : refused.slice(0, FIRST_ROWS)).map((one) => (
            <tr key={one.id}>
              <th scope="row">
                <Who {...one} />
              </th>
              <td className="num">{bytesText(one.bytes)}</td>
              <td className="muted">{REFUSAL_WORDS[one.because]}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <More count={refused.length} all={all} onToggle={() => setAll(!all)} />
    </>
  )
}

function More({
  count,
  all,
  onToggle
}: {
  readonly count: number
  readonly all: boolean
  readonly onToggle: () => void
}): ReactNode {
  return count <= FIRST_ROWS ? null : (
    <button type="button" className="button quiet compact" aria-expanded={all} onClick={onToggle}>
      {all ? 'Show the first only' : `Show all ${count}`}
    </button>
  )
}

function MayStopForeign(): ReactNode {
  const allowed = usePanel('settings', (state) => state.settings?.guard.mayStopForeign ?? false)
  const change = usePanel('settings', (state) => state.change)
  const outcome = usePanel('settings', (state) => state.fields.get('guard.mayStopForeign'))
  const connected = usePanel('app', (state) => state.link === 'connected')
  return (
    <>
      <label className="check would-foreign">
        <input
          type="checkbox"
          className="toggle"
          role="switch"
          checked={allowed}
          aria-checked={allowed}
          disabled={!connected}
          onChange={(event) =>
            void change('guard.mayStopForeign', { guard: { mayStopForeign: event.target.checked } })
          }
        />
        <span>
          Firebreak may stop programs it did not start
          <span className="small muted block">
            Off: it only tells the kernel to choose them before the desktop. Protected names are never
            stopped.
          </span>
        </span>
      </label>
      {outcome?.kind === 'failed' && <Message tone="error" {...told(outcome.error)} />}
    </>
  )
}

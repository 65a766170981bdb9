import type { ReactNode } from 'react'
import type { AdmissionStatus } from '../../../../shared/model/estimate.ts'
import { usePanel } from '../../stores/context.ts'

/** Launches that wait for their turn or for memory, the next one first. */
export function WaitingList({ waiting }: { readonly waiting: AdmissionStatus['waiting'] }): ReactNode {
  if (waiting.length === 0) return null
  return (
    <section className="card waiting-list" aria-labelledby="waiting-title">
      <div className="card-head">
        <h2 id="waiting-title">Waiting to start</h2>
        {waiting.length > 1 && <p className="small muted">In this order</p>}
      </div>
      <ol className="offer-list">
        {waiting.map((one, at) => (
          <Waiting key={one.runnerId} one={one} at={at} />
        ))}
      </ol>
    </section>
  )
}

function Waiting({
  one,
  at
}: {
  readonly one: AdmissionStatus['waiting'][number]
  readonly at: number
}): ReactNode {
  const { runnerId, label, text } = one
  const stop = usePanel('runners', (state) => state.stop)
  const stopping = usePanel('runners', (state) => state.asked.get(runnerId) === 'stop')
  const connected = usePanel('app', (state) => state.link === 'connected')
  const off = stopping || !connected
  return (
    <li className="offer">
      <div className="offer-words">
        <p className="ellipsis" title={label}>
          <span className="muted num">{at + 1}.</span> {label}
        </p>
        <p className="small muted">{text}</p>
      </div>
      <button
        type="button"
        className="button compact"
        aria-disabled={off}
        aria-label={`Cancel ${label}`}
        title="It is not started; nothing is lost"
        onClick={() => !off && void stop(runnerId)}
      >
        {stopping ? 'Cancelling' : 'Cancel'}
      </button>
    </li>
  )
}

import { useState, type ReactNode } from 'react'
import type { FoundRunner } from '../../../../shared/model/runner.ts'
import { bytesText, bytesWords } from '../../format/bytes.ts'
import { told } from '../../format/next-step.ts'
import { KIND_NAMES } from '../../format/runner.ts'
import { usePanel } from '../../stores/context.ts'
import { foundKey } from '../../stores/found.ts'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { KindMark } from '../../ui/kind-mark.tsx'
import { Message } from '../../ui/message.tsx'

/** Runners that were started elsewhere: to be seen, taken over or stopped. */
export function FoundPanel(): ReactNode {
  const found = usePanel('found', (state) => state.found)
  const outcome = usePanel('found', (state) => state.outcome)
  const dismiss = usePanel('found', (state) => state.dismissOutcome)
  if (found.length === 0 && outcome === null) return null
  return (
    <section className="card found live-data" aria-labelledby="found-elsewhere">
      <div className="card-head">
        <h2 id="found-elsewhere">Running elsewhere</h2>
        <p className="small muted">Not started by Firebreak</p>
      </div>
      {outcome !== null && (
        <div className="found-outcome">
          <Message tone={outcome.memoryIsBack ? 'info' : 'warning'} text={outcome.text} onDismiss={dismiss} />
        </div>
      )}
      <ul className="offer-list">
        {found.map((one) => (
          <FoundRow key={foundKey(one)} one={one} />
        ))}
      </ul>
    </section>
  )
}

const STARTED_BY: Readonly<Record<FoundRunner['startedBy'], string>> = {
  terminal: 'from a terminal',
  systemd: 'by systemd',
  container: 'in a container',
  other: 'by another program'
}

function FoundRow({ one }: { readonly one: FoundRunner }): ReactNode {
  const key = foundKey(one)
  const asked = usePanel('found', (state) => state.asked.get(key))
  const error = usePanel('found', (state) => state.errors.get(key))
  const stop = usePanel('found', (state) => state.stop)
  const adopt = usePanel('found', (state) => state.adopt)
  const connected = usePanel('app', (state) => state.link === 'connected')
  const [asking, setAsking] = useState(false)
  const bytes = one.bytes.gpuBytes + one.bytes.hostBytes
  const off = asked !== undefined || !connected || one.problem !== null
  const by = [STARTED_BY[one.startedBy], one.startedByName].filter((part) => part !== null).join(': ')
  return (
    <li className="offer found-row">
      <KindMark kind={one.kind} />
      <div className="offer-words">
        <p className="ellipsis" title={one.commandLine.join(' ')}>
          {one.label === KIND_NAMES[one.kind] ? one.label : `${KIND_NAMES[one.kind]}: ${one.label}`}
        </p>
        {one.model !== null && (
          <p className="small muted ellipsis" title={one.model}>
            {one.model}
          </p>
        )}
        <p className="small muted ellipsis num" title={by}>
          <b>{bytesText(bytes)}</b> · {one.port === null ? 'no port' : `port ${one.port}`} · pid {one.pid} ·{' '}
          {by}
        </p>
      </div>
      <div className="found-buttons">
        {one.url !== null && <CopyButton text={one.url} what={`address of ${one.label}`} word="URL" />}
        <button
          type="button"
          className="button quiet compact"
          aria-disabled={off}
          aria-label={`Adopt ${one.label}`}
          title="It goes on as it is and gets a profile here"
          onClick={() => !off && void adopt(one)}
        >
          {asked === 'adopt' ? 'Adopting' : 'Adopt'}
        </button>
        <button
          type="button"
          className="button compact"
          aria-disabled={off}
          aria-label={`Stop ${one.label}, pid ${one.pid}`}
          onClick={() => !off && setAsking(true)}
        >
          {asked === 'stop' ? 'Stopping' : 'Stop'}
        </button>
      </div>
      {one.problem !== null && <p className="small found-problem">{one.problem}</p>}
      {error !== undefined && <Message tone="error" {...told(error)} />}
      {asking && (
        <ConfirmDialog
          title={`Stop ${one.label}?`}
          text={`Firebreak did not start it (${by}, pid ${one.pid}) and cannot start it again. Its requests and what it has not saved are lost; about ${bytesWords(bytes)} should come back.`}
          confirm={`Stop ${one.label}`}
          onCancel={() => setAsking(false)}
          onConfirm={() => {
            setAsking(false)
            void stop(one)
          }}
        />
      )}
    </li>
  )
}

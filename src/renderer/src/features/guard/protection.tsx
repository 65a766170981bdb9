import type { ReactNode } from 'react'
import type { ProtectionStatus } from '../../../../shared/model/guard.ts'
import { bytesWords } from '../../format/bytes.ts'
import { told } from '../../format/next-step.ts'
import { usePanel } from '../../stores/context.ts'
import { Message } from '../../ui/message.tsx'
import { Command } from './conflicts.tsx'

const STATE_WORDS: Readonly<Record<ProtectionStatus['state'], string>> = {
  on: 'Installed',
  off: 'Not installed',
  unsupported: 'Not possible here'
}

/** An argv as one line that a shell reads the same way. */
const asLine = (argv: readonly string[]): string =>
  argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ')

/** The desktop's own memory, kept by the kernel: offered, explained, and taken back as easily. */
export function Protection(): ReactNode {
  const protection = usePanel('guard', (state) => state.protection?.protection ?? null)
  const busy = usePanel('guard', (state) => state.busy.has('protection'))
  const error = usePanel('guard', (state) => state.errors.get('protection'))
  const protect = usePanel('guard', (state) => state.protect)
  const connected = usePanel('app', (state) => state.link === 'connected')
  if (protection === null) return null
  const { state, note, units, installCommand, removeCommand } = protection
  const isOn = state === 'on'
  const command = isOn ? removeCommand : installCommand
  const off = busy || !connected
  return (
    <section className="card" aria-labelledby="protection-title">
      <div className="card-head">
        <h2 id="protection-title">Desktop protection</h2>
        <span className={`state-word ${isOn ? 'ready' : 'stopped'}`}>{STATE_WORDS[state]}</span>
      </div>
      <div className="card-body protection">
        <p>
          {state === 'unsupported'
            ? 'The kernel could leave memory to the desktop, but not on this system.'
            : isOn
              ? 'The kernel leaves this much memory to your desktop, even when everything else wants it.'
              : 'The kernel can leave memory to your desktop, so that it stays quick while models press. Set once, taken back at any time.'}
        </p>
        {units.length > 0 && state !== 'unsupported' && (
          <table className="would-table">
            <caption className="hidden-visually">What it {isOn ? 'has set' : 'would set'}</caption>
            <thead>
              <tr>
                <th scope="col">Unit</th>
                <th scope="col" className="num">
                  Never taken
                </th>
                <th scope="col" className="num">
                  Taken last
                </th>
              </tr>
            </thead>
            <tbody>
              {units.map(({ unit, minBytes, lowBytes }) => (
                <tr key={unit}>
                  <th scope="row">
                    <span className="ellipsis mono" title={unit}>
                      {unit}
                    </span>
                  </th>
                  <td className="num">{minBytes === 0 ? 'none' : bytesWords(minBytes)}</td>
                  <td className="num">{lowBytes === 0 ? 'none' : bytesWords(lowBytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {note !== null && <p className="small muted">{note}</p>}
        {state !== 'unsupported' && (
          <>
            <p className="small muted">This is run, with the administrator’s password:</p>
            <Command words={asLine(command)} />
            {error !== undefined && <Message tone="error" {...told(error)} />}
            <div className="buttons">
              <button
                type="button"
                className="button"
                aria-disabled={off}
                onClick={() => !off && void protect(!isOn)}
              >
                {busy ? 'Waiting for the password…' : isOn ? 'Remove protection…' : 'Install protection…'}
              </button>
            </div>
          </>
        )}
      </div>
    </section>
  )
}

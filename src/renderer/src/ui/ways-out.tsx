import { useId, useState, type ReactNode } from 'react'
import type { SettingValue } from '../../../shared/model/runner.ts'
import type { WayOut } from '../../../shared/model/estimate.ts'
import { bytesText } from '../format/bytes.ts'
import { FIT_WORDS, intervalWords } from '../format/fit.ts'
import { ConfirmDialog } from './confirm-dialog.tsx'
import { FitShape } from './fit-mark.tsx'

export interface WaysOutActs {
  onSettings(settings: Readonly<Record<string, SettingValue>>): void
  onModel(modelPath: string): void
  onStop(runnerIds: readonly string[]): void
  onUnload(runnerId: string, model: string | null): void
  onWait(): void
  onAnyway(phrase: string): void
}

interface WaysOutProps {
  readonly options: readonly WayOut[]
  readonly busy: boolean
  /** What follows once memory has come back: 'Then gpt-oss-120b is started.' */
  readonly then: string
  /** What taking other settings means, where it is not plain: ', for this start only'. */
  readonly settingsNote?: string
  readonly acts: WaysOutActs
}

/** What else can be done, one click each; what ends something is confirmed first, what is dangerous is typed. */
export function WaysOut({ options, busy, then, settingsNote = '', acts }: WaysOutProps): ReactNode {
  const [asking, setAsking] = useState<WayOut | null>(null)
  const [typing, setTyping] = useState(false)
  if (options.length === 0) return null
  const take = (option: WayOut): void => {
    if (busy) return
    switch (option.kind) {
      case 'settings':
        return acts.onSettings(option.settings)
      case 'model':
        return acts.onModel(option.modelPath)
      case 'stop':
      case 'unload':
        return setAsking(option)
      case 'wait':
        return acts.onWait()
      default:
        return setTyping((before) => !before)
    }
  }
  return (
    <>
      <ul className="ways-out" aria-label="Ways out">
        {options.map((option) => (
          <li key={keyOf(option)}>
            <button
              type="button"
              className="button way-out"
              aria-disabled={busy}
              aria-expanded={option.kind === 'anyway' ? typing : undefined}
              onClick={(event) => event.detail < 2 && take(option)}
            >
              <span className="way-label">
                {option.label}
                {option.kind === 'settings' ? settingsNote : ''}
                {option.kind === 'anyway' || option.kind === 'stop' || option.kind === 'unload' ? '…' : ''}
              </span>
              <Outcome option={option} />
            </button>
            {option.kind === 'anyway' && typing && (
              <Anyway phrase={option.phrase} busy={busy} onStart={acts.onAnyway} />
            )}
          </li>
        ))}
      </ul>
      {asking !== null && (asking.kind === 'stop' || asking.kind === 'unload') && (
        <ConfirmDialog
          title={`${asking.label}?`}
          text={`About ${bytesText(asking.givesBackBytes)} come back. What it is answering now is lost. ${then}`}
          confirm={asking.kind === 'stop' ? 'Stop' : 'Unload'}
          onCancel={() => setAsking(null)}
          onConfirm={() => {
            setAsking(null)
            if (asking.kind === 'stop') acts.onStop(asking.runnerIds)
            else acts.onUnload(asking.runnerId, asking.model)
          }}
        />
      )}
    </>
  )
}

const keyOf = (option: WayOut): string => `${option.kind} ${option.label}`

/** What it comes to: the size and verdict then, or what comes back. */
function Outcome({ option }: { readonly option: WayOut }): ReactNode {
  switch (option.kind) {
    case 'settings':
    case 'model':
      return (
        <span className="way-outcome small num">
          <FitShape verdict={option.verdict} /> {FIT_WORDS[option.verdict]}, {intervalWords(option.total)}
        </span>
      )
    case 'stop':
    case 'unload':
      return (
        <span className="way-outcome small num">
          <FitShape verdict={option.verdict} /> {FIT_WORDS[option.verdict]} then
        </span>
      )
    default:
      return null
  }
}

function Anyway({
  phrase,
  busy,
  onStart
}: {
  readonly phrase: string
  readonly busy: boolean
  readonly onStart: (phrase: string) => void
}): ReactNode {
  const id = useId()
  const [typed, setTyped] = useState('')
  const matches = typed.trim() === phrase
  const start = (): void => {
    if (matches && !busy) onStart(phrase)
  }
  return (
    <div className="anyway">
      <p className="small" id={`${id}-what`}>
        It is started although memory may run out. The guard stays armed: it pauses or stops a model then,
        this one or another.
      </p>
      <label htmlFor={id}>
        Type <b className="mono">{phrase}</b> to start it
      </label>
      <div className="anyway-row">
        <input
          id={id}
          className="input"
          value={typed}
          autoComplete="off"
          spellCheck={false}
          aria-describedby={`${id}-what`}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            // In a form Enter would submit that instead.
            event.preventDefault()
            start()
          }}
        />
        <button type="button" className="button danger" aria-disabled={!matches || busy} onClick={start}>
          Start anyway
        </button>
      </div>
    </div>
  )
}

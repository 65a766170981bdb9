import { useRef, useState, type ChangeEvent, type ReactNode } from 'react'
import { usePanel } from '../../stores/context.ts'
import { Message } from '../../ui/message.tsx'

/** Longest file that is read, in bytes; the contract takes no longer text. */
const MOST_BYTES = 4_194_304

interface Outcome {
  readonly taken: number
  readonly problems: readonly string[]
}

/** A button for the head of the list, and what came of it beneath: each that could not be taken is named. */
export function useImport(): { readonly button: ReactNode; readonly outcome: ReactNode } {
  const importText = usePanel('library', (state) => state.importText)
  const refresh = usePanel('runners', (state) => state.refresh)
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  const picker = useRef<HTMLInputElement>(null)
  const read = async (file: File): Promise<Outcome> => {
    if (file.size > MOST_BYTES)
      return { taken: 0, problems: [`${file.name} is too big for a file of profiles.`] }
    const result = await importText(await file.text())
    if (!result.ok) return { taken: 0, problems: [result.error.message] }
    await refresh()
    return { taken: result.value.profiles.length, problems: result.value.problems }
  }
  const onChange = (event: ChangeEvent<HTMLInputElement>): void => {
    const file = event.target.files?.[0]
    if (file === undefined) return
    void read(file).then(setOutcome, () =>
      setOutcome({ taken: 0, problems: [`${file.name} could not be read.`] })
    )
    // The same file can be chosen again.
    event.target.value = ''
  }
  return {
    button: (
      <>
        <input
          ref={picker}
          type="file"
          accept="application/json,.json"
          className="hidden-visually"
          tabIndex={-1}
          aria-label="File of profiles"
          onChange={onChange}
        />
        <button type="button" className="button quiet compact" onClick={() => picker.current?.click()}>
          Import…
        </button>
      </>
    ),
    outcome: outcome === null ? null : <Told {...outcome} onDismiss={() => setOutcome(null)} />
  }
}

/** Why none was stands beneath. */
function takenInWords(taken: number): string {
  if (taken === 0) return 'No profile was imported.'
  return taken === 1 ? 'One profile was imported.' : `${taken} profiles were imported.`
}

function Told({ taken, problems, onDismiss }: Outcome & { readonly onDismiss: () => void }): ReactNode {
  const words = takenInWords(taken)
  return (
    <div className="import-outcome">
      <Message tone={problems.length > 0 ? 'warning' : 'info'} text={words} onDismiss={onDismiss}>
        {problems.length > 0 && (
          <ul className="small">
            {problems.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        )}
      </Message>
    </div>
  )
}

import { useEffect, useState, type ReactNode } from 'react'
import type { Profile } from '../../../../shared/model/runner.ts'
import { usePanel } from '../../stores/context.ts'
import type { Preview } from '../../stores/library.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Message } from '../../ui/message.tsx'

/** After the last key, in ms: long enough not to ask for every letter, short enough to be there when looked at. */
const DEBOUNCE_MS = 350

/** The exact command as it would be launched; `profile` is null while the form has errors. */
export function CommandPreview({ profile }: { readonly profile: Profile | null }): ReactNode {
  const preview = usePanel('library', (state) => state.preview)
  const [shown, setShown] = useState<Preview | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  // The form makes a new object at each draw; what it says is what counts.
  const wanted = profile === null ? '' : JSON.stringify(profile)
  useEffect(() => {
    if (wanted === '') return undefined
    let isOld = false
    const timer = setTimeout(() => {
      void preview(JSON.parse(wanted) as Profile).then((result) => {
        if (isOld) return
        if (result.ok) setShown(result.value)
        setProblem(result.ok ? null : result.error.message)
      })
    }, DEBOUNCE_MS)
    return () => {
      isOld = true
      clearTimeout(timer)
    }
  }, [wanted, preview])
  const words =
    problem ?? (profile === null ? 'Shown when the fields above are filled in.' : (shown?.text ?? '…'))
  const isCommand = problem === null && profile !== null && shown !== null
  return (
    <div className="preview">
      <div className="preview-head">
        <p className="label">As it will be run</p>
        {isCommand && <CopyButton text={shown.text} what="the command" />}
      </div>
      <pre className={isCommand ? '' : 'muted'} tabIndex={0} aria-label="As it will be run">
        {words}
      </pre>
      {isCommand && shown.warnings.map((text) => <Message key={text} tone="warning" text={text} />)}
    </div>
  )
}

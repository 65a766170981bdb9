import { useState, type ReactNode } from 'react'
import { usePanel } from '../../stores/context.ts'
import { saveFile } from './save-file.ts'

/** Profiles as a file that another Firebreak imports. */
export function ExportButton({
  ids,
  name,
  word,
  what
}: {
  readonly ids: readonly string[]
  /** Of the file, without its ending. */
  readonly name: string
  readonly word: string
  readonly what: string
}): ReactNode {
  const exportText = usePanel('library', (state) => state.exportText)
  const [problem, setProblem] = useState<string | null>(null)
  const save = async (): Promise<void> => {
    const result = await exportText(ids)
    setProblem(result.ok ? null : result.error.message)
    if (result.ok) saveFile(`${name}.firebreak.json`, result.value)
  }
  return (
    <>
      <button
        type="button"
        className="button quiet compact"
        disabled={ids.length === 0}
        aria-label={`Export ${what}`}
        onClick={() => void save()}
      >
        {word}
      </button>
      {problem !== null && (
        <span className="small bad" role="alert">
          {problem}
        </span>
      )}
    </>
  )
}

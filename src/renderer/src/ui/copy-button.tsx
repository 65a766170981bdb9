import { useEffect, useState, type ReactNode } from 'react'
import { Icon } from './icons.tsx'

/** How long 'Copied' stays: long enough to be read, in ms. */
const SHOWN_MS = 2_000

/** Copies `text` (a function where it is long and seldom wanted); says so in its own place, so that nothing moves. */
export function CopyButton({
  text,
  what,
  word = 'Copy'
}: {
  readonly text: string | (() => string)
  readonly what: string
  readonly word?: string
}): ReactNode {
  const [said, setSaid] = useState<'idle' | 'copied' | 'failed'>('idle')
  useEffect(() => {
    if (said === 'idle') return undefined
    const timer = setTimeout(() => setSaid('idle'), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [said])
  const copy = (): void => {
    navigator.clipboard.writeText(typeof text === 'string' ? text : text()).then(
      () => setSaid('copied'),
      () => setSaid('failed')
    )
  }
  return (
    <button type="button" className="button quiet compact copy" onClick={copy} aria-label={`Copy ${what}`}>
      <Icon name={said === 'copied' ? 'check' : 'copy'} size={14} />
      <span aria-live="polite">
        {said === 'copied' ? 'Copied' : said === 'failed' ? 'Not allowed' : word}
      </span>
    </button>
  )
}

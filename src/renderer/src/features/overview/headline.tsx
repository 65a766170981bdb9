import type { ReactNode } from 'react'
import { bytesText } from '../../format/bytes.ts'
import { LEVEL_WORDS, advice, headline } from '../../format/sentence.ts'
import { usePanel } from '../../stores/context.ts'
import { LevelMark } from '../../ui/level-mark.tsx'

const OWNERS = {
  unified: 'shared by CPU and GPU',
  'amd-apu': 'shared by CPU and GPU',
  discrete: 'of system memory',
  none: 'of memory'
} as const

/** The sentence: level as shape, word and colour; what is free; why, and what to do next. */
export function Headline(): ReactNode {
  const level = usePanel('live', (state) => state.live?.guard.level ?? 'calm')
  const text = usePanel('live', (state) => (state.live === null ? '' : headline(state.live)))
  const next = usePanel('live', (state) => (state.live === null ? '' : advice(state.live)))
  const total = usePanel('live', (state) => bytesText(state.live?.memTotalBytes ?? 0))
  const owners = usePanel('live', (state) => OWNERS[state.live?.topology ?? 'none'])
  const model = usePanel('app', (state) => state.facts?.model ?? '')
  return (
    <header className={`headline level-${level}`}>
      <div className="headline-mark">
        <LevelMark level={level} size={34} />
        <span>{LEVEL_WORDS[level]}</span>
      </div>
      <div className="headline-words live-data">
        {/* Its numbers change every second: level changes are announced elsewhere, this is read on demand. */}
        <h1 role="status" aria-live="off">
          {text}
        </h1>
        <p className="muted" title={next}>
          {next}
        </p>
      </div>
      <dl className="headline-machine">
        <dt className="ellipsis" title={model}>
          {model}
        </dt>
        <dd className="num">
          {total} {owners}
        </dd>
      </dl>
    </header>
  )
}

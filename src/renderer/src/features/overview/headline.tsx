import type { ReactNode } from 'react'
import { bytesText } from '../../format/bytes.ts'
import { gpuTrouble } from '../../format/gpu.ts'
import { idleWords } from '../../format/guard.ts'
import { machineName } from '../../format/names.ts'
import { advice, headline, levelWord } from '../../format/sentence.ts'
import { usePanel } from '../../stores/context.ts'
import { Icon } from '../../ui/icons.tsx'
import { LevelMark } from '../../ui/level-mark.tsx'

const OWNERS = {
  unified: 'shared by CPU and GPU',
  'amd-apu': 'shared by CPU and GPU',
  discrete: 'of system memory',
  none: 'of memory'
} as const

/**
 * The sentence: level as shape, word and colour; what is free; why, and what to do next.
 *
 * Its numbers change every second, so it is read on demand (aria-live off); level changes are announced by the app.
 */
export function Headline(): ReactNode {
  const told = usePanel('live', (state) => state.live?.guard.level ?? 'calm')
  const mode = usePanel('live', (state) => state.live?.guard.mode ?? 'off')
  const stale = usePanel('app', (state) => state.stale)
  const text = usePanel('live', (state) => (state.live === null ? '' : headline(state.live)))
  const next = usePanel('live', (state) => (state.live === null ? '' : advice(state.live)))
  const total = usePanel('live', (state) => bytesText(state.live?.memTotalBytes ?? 0))
  const owners = usePanel('live', (state) => OWNERS[state.live?.topology ?? 'none'])
  const model = usePanel('app', (state) => machineName(state.facts?.model ?? ''))
  const gpu = usePanel('live', (state) => (state.live === null ? null : gpuTrouble(state.live.gpu)))
  const level = stale ? 'unknown' : told
  return (
    <header className={`headline level-${level}`}>
      <div className="headline-mark">
        <LevelMark level={level} size={34} />
        <span>{level === 'unknown' ? 'No news' : levelWord(level, mode)}</span>
      </div>
      <div className="headline-words">
        <h1 tabIndex={-1}>
          <output aria-live="off">{stale ? 'Firebreak does not answer.' : text}</output>
          {!stale && idleWords(mode) !== '' && <span className="headline-idle"> {idleWords(mode)}</span>}
        </h1>
        <p className="muted" title={next}>
          {stale ? `Last known: ${text}` : next}
        </p>
        {gpu !== null && !stale && (
          <p className="headline-gpu">
            <Icon name="warning" size={14} />
            <span>{gpu}</span>
          </p>
        )}
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

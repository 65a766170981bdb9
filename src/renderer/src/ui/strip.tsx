import { memo, type CSSProperties, type ReactNode } from 'react'
import type { LedgerPart } from '../../../shared/model/ledger.ts'
import { bytesText, bytesWords } from '../format/bytes.ts'
import { holderFill } from './holder-fill.ts'
import './strip.css'

/** Narrower than this share of the bar, a name would be dots only. */
const LABEL_SHARE = 0.085

export interface StripProps {
  readonly memTotalBytes: number
  readonly reserveBytes: number
  /** What of the reserve is not available: 0 while all of it is, whoever is drawn over it. */
  readonly takenBytes: number
  /** In drawing order. */
  readonly parts: readonly LedgerPart[]
  readonly hues: ReadonlyMap<string, number>
  readonly size: 'large' | 'medium' | 'small'
  /** Promised to launches and not yet taken: the next to be held by somebody. */
  readonly spokenFor?: { readonly bytes: number; readonly title: string } | null
  /** What is about to be started; null where its size is not known. */
  readonly ghost?: Ghost | null
}

/** A model that is not there yet, as an interval. */
export interface Ghost {
  readonly label: string
  readonly expectedBytes: number
  readonly peakBytes: number
  /** What it may take: the edge of the firebreak is so far from where it begins. */
  readonly allocatableBytes: number
}

const pct = (share: number): string => `${(share * 100).toFixed(3)}%`

/** In words, for those who do not see it. */
function inWords({ memTotalBytes, reserveBytes, parts, spokenFor, ghost }: StripProps): string {
  const named = parts
    .filter((part) => part.bytes / memTotalBytes > 0.005)
    .map((part) => `${part.label} ${bytesWords(part.bytes)}`)
  const spoken = spokenFor === undefined || spokenFor === null ? '' : ` ${spokenFor.title}.`
  const coming =
    ghost === undefined || ghost === null
      ? ''
      : ghost.peakBytes <= 0
        ? ` What ${ghost.label} would take is not known.`
        : ` ${ghost.label} would take ${bytesWords(ghost.expectedBytes)}, at most ${bytesWords(ghost.peakBytes)}.`
  return `Memory, ${bytesWords(memTotalBytes)} in all: ${named.join(', ')}. The last ${bytesWords(reserveBytes)} are kept clear for the desktop.${spoken}${coming}`
}

interface Placed {
  readonly part: LedgerPart
  /** Shares of the bar, 0..1. */
  readonly left: number
  readonly width: number
}

function place(parts: readonly LedgerPart[], memTotalBytes: number): readonly Placed[] {
  let left = 0
  return parts.map((part) => {
    const placed = { part, left, width: part.bytes / memTotalBytes }
    left += placed.width
    return placed
  })
}

/** No wider than what is left of the bar. */
const within = (left: number, share: number): CSSProperties => ({
  left: pct(Math.min(1, left)),
  width: pct(Math.max(0, Math.min(share, 1 - left)))
})

/** Expected in a solid outline, up to its peak in a dashed one; open at the right where the machine ends before it. */
function GhostPart({
  ghost,
  memTotalBytes,
  heldShare,
  edge,
  isNamed
}: {
  readonly ghost: Ghost
  readonly memTotalBytes: number
  readonly heldShare: number
  readonly edge: number
  readonly isNamed: boolean
}): ReactNode {
  const { label, expectedBytes, peakBytes, allocatableBytes } = ghost
  if (peakBytes <= 0) return null
  // So placed that it reaches over the edge exactly where it takes more than it may.
  const left = Math.max(heldShare, edge - allocatableBytes / memTotalBytes)
  const shape = (bytes: number): string =>
    `${bytes > allocatableBytes ? 'over' : ''} ${left + bytes / memTotalBytes > 1 ? 'open' : ''}`
  return (
    <>
      <div
        className={`strip-ghost peak ${shape(peakBytes)}`}
        style={within(left, peakBytes / memTotalBytes)}
        title={`${label}: at most ${bytesText(peakBytes)}`}
      />
      <div
        className={`strip-ghost ${shape(expectedBytes)}`}
        style={within(left, expectedBytes / memTotalBytes)}
        title={`${label}: ${bytesText(expectedBytes)} expected, at most ${bytesText(peakBytes)}`}
      >
        {isNamed && expectedBytes / memTotalBytes >= LABEL_SHARE && (
          <span className="strip-ghost-label">
            <span className="ellipsis">{label}</span>
            <span className="num">{bytesText(expectedBytes)}</span>
          </span>
        )}
      </div>
    </>
  )
}

/**
 * The machine's memory as one bar. What is used grows from the left; at the right end the firebreak, kept clear:
 * cache and free memory shine through it, whoever holds memory for good is drawn over it.
 */
export const Strip = memo(function Strip(props: StripProps): ReactNode {
  const { memTotalBytes, reserveBytes, takenBytes, parts, hues, size, ghost, spokenFor } = props
  const edge = Math.max(0, 1 - reserveBytes / memTotalBytes)
  const placed = place(parts, memTotalBytes)
  const heldShare = placed
    .filter(({ part }) => part.kind !== 'cache' && part.kind !== 'free')
    .reduce((sum, { width }) => sum + width, 0)
  return (
    <figure className={`strip ${size} ${takenBytes > 0 ? 'breached' : ''}`}>
      <figcaption className="hidden-visually">{inWords(props)}</figcaption>
      <div className="strip-scale" aria-hidden="true">
        <span className="strip-edge-label" style={{ right: 0 }}>
          {takenBytes > 0 ? (
            <>
              firebreak <b className="num">{bytesText(takenBytes)} taken</b>
            </>
          ) : (
            <>
              firebreak <b className="num">{bytesText(reserveBytes)}</b>
            </>
          )}
        </span>
      </div>
      <div className="strip-bar" aria-hidden="true">
        {placed.map(({ part, left, width }) => {
          const { fill, ink } = holderFill(part.kind, hues.get(part.id))
          const style = { left: pct(left), width: pct(width), '--fill': fill, '--on': ink } as CSSProperties
          return (
            <div
              key={part.id}
              className={`strip-part kind-${part.kind}`}
              style={style}
              title={`${part.label}: ${bytesText(part.bytes)}`}
            >
              {size === 'large' && width >= LABEL_SHARE && (
                <span className="strip-label">
                  <span className="ellipsis">{part.label}</span>
                  <span className="num">{bytesText(part.bytes)}</span>
                </span>
              )}
            </div>
          )
        })}
        {spokenFor !== undefined && spokenFor !== null && spokenFor.bytes > 0 && (
          <div
            className="strip-spoken"
            style={within(heldShare, spokenFor.bytes / memTotalBytes)}
            title={spokenFor.title}
          />
        )}
        <div className="strip-break" style={{ left: pct(edge) }} />
        {takenBytes > 0 && (
          <div
            className="strip-breach"
            style={{ left: pct(edge), width: pct(Math.min(takenBytes / memTotalBytes, 1 - edge)) }}
          />
        )}
        {ghost !== undefined && ghost !== null && (
          <GhostPart {...{ ghost, memTotalBytes, heldShare, edge }} isNamed={size !== 'small'} />
        )}
        <div className="strip-edge" style={{ left: pct(edge) }} />
      </div>
    </figure>
  )
})

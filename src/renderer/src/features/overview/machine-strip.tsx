import { useMemo, type ReactNode } from 'react'
import { takenBytes } from '../../format/available.ts'
import { MIB, bytesText } from '../../format/bytes.ts'
import { spokenForWords } from '../../format/fit.ts'
import { usePanel } from '../../stores/context.ts'
import { Strip } from '../../ui/strip.tsx'
import { Swatch } from '../../ui/swatch.tsx'

/** More names than this are a list, not a legend; the table below has them all. */
const MAX_LEGEND = 7

/** Seen on no bar: what is spoken for shrinks a little with every tick of a load. */
const STEP_BYTES = 64 * MIB
const calmBytes = (bytes: number): number => Math.ceil(bytes / STEP_BYTES) * STEP_BYTES

/** The strip with its legend. */
export function MachineStrip(): ReactNode {
  const parts = usePanel('live', (state) => state.parts)
  const hues = usePanel('live', (state) => state.hues)
  const memTotalBytes = usePanel('live', (state) => state.live?.memTotalBytes ?? 1)
  const reserveBytes = usePanel('live', (state) => state.live?.guard.reserveBytes ?? 0)
  const taken = usePanel('live', ({ live }) => takenBytes(live, live?.guard.reserveBytes ?? 0))
  const spokenBytes = usePanel('live', (state) => calmBytes(state.live?.admission.reservedBytes ?? 0))
  const spokenTitle = usePanel('live', ({ live }) => (live === null ? '' : spokenForWords(live.admission)))
  const spokenFor = useMemo(
    () => (spokenBytes === 0 ? null : { bytes: spokenBytes, title: spokenTitle }),
    [spokenBytes, spokenTitle]
  )
  const shown = parts.filter((part) => part.bytes > 0)
  const fixed = shown.filter((part) => part.kind === 'cache' || part.kind === 'free')
  const holders = shown.filter((part) => part.kind !== 'cache' && part.kind !== 'free')
  const largest = new Set(
    holders
      .toSorted((a, b) => Number(b.kind === 'runner') - Number(a.kind === 'runner') || b.bytes - a.bytes)
      .slice(0, MAX_LEGEND - fixed.length)
      .map((part) => part.id)
  )
  const legend = [...holders.filter((part) => largest.has(part.id)), ...fixed]
  return (
    <section className="card machine-strip live-data" aria-label="Memory of this machine">
      <Strip
        memTotalBytes={memTotalBytes}
        reserveBytes={reserveBytes}
        takenBytes={taken}
        parts={shown}
        hues={hues}
        size="large"
        spokenFor={spokenFor}
      />
      <ul className="legend">
        {legend.map((part) => (
          <li key={part.id}>
            <Swatch kind={part.kind} hue={hues.get(part.id)} />
            <span className="name ellipsis" title={part.label}>
              {part.label}
            </span>
            <span className="num">{bytesText(part.bytes)}</span>
          </li>
        ))}
        {spokenFor !== null && (
          <li title={spokenFor.title}>
            <span className="swatch spoken" aria-hidden="true" />
            <span className="name">Spoken for</span>
            <span className="num">{bytesText(spokenFor.bytes)}</span>
          </li>
        )}
        {shown.length > legend.length && (
          <li className="muted num">and {shown.length - legend.length} more below</li>
        )}
      </ul>
    </section>
  )
}

import type { ReactNode } from 'react'
import { isKnown } from '../../../../shared/model/reading.ts'
import { bytesText } from '../../format/bytes.ts'
import { aboutText } from '../../format/duration.ts'
import { pressureWords } from '../../format/pressure.ts'
import { shown } from '../../format/reading.ts'
import { usePanel } from '../../stores/context.ts'
import { GpuTiles } from './gpu-tiles.tsx'
import { Tile, asFigure } from './tile.tsx'

/** The machine in figures: one row, each in a place of its own that keeps its size. */
export function Tiles(): ReactNode {
  return (
    <section className="card tiles live-data" aria-label="Machine">
      <dl>
        <PressureTile />
        <GpuTiles />
        <CpuTile />
        <SwapTile />
        <FallTile />
      </dl>
    </section>
  )
}

function PressureTile(): ReactNode {
  const pressure = usePanel('live', (state) => state.live?.pressure.memory ?? 'unknown')
  const words = pressureWords(pressure)
  return (
    <Tile
      label="Pressure"
      known={pressure !== 'unknown'}
      value={words.word}
      hint={words.short}
      title={`Memory pressure. ${words.detail}`}
    />
  )
}

/** There only while memory falls, and last, so that its coming moves nothing else's place in the row. */
function FallTile(): ReactNode {
  const about = usePanel('live', (state) => {
    const seconds = state.live?.guard.secondsToEmpty ?? null
    return seconds === null ? null : aboutText(seconds)
  })
  return about === null ? null : (
    <Tile label="Memory gone in" known value={`about ${about}`} title="At the present rate of fall" urgent />
  )
}

function CpuTile(): ReactNode {
  const busy = usePanel('live', (state) => {
    const pct = state.live?.cpu.busyPct ?? 'unknown'
    return isKnown(pct) ? Math.round(pct) : pct
  })
  const cores = usePanel('live', (state) => state.live?.cpu.cores ?? 0)
  return (
    <Tile
      label="CPU"
      {...asFigure(shown(busy, '%', 'the kernel'))}
      hint={`${cores} cores`}
      {...(isKnown(busy) ? { meterPct: busy } : {})}
    />
  )
}

function SwapTile(): ReactNode {
  const total = usePanel('live', (state) => state.live?.swapTotalBytes ?? 'unknown')
  const free = usePanel('live', (state) => state.live?.swapFreeBytes ?? 'unknown')
  if (!isKnown(total) || !isKnown(free)) {
    return <Tile label="Swap" {...asFigure(shown('unknown', '', 'the kernel'))} />
  }
  if (total === 0) return <Tile label="Swap" known value="None" title="No swap is set up" />
  const used = total - free
  return (
    <Tile
      label="Swap used"
      known
      value={bytesText(used)}
      title={`${bytesText(used)} of ${bytesText(total)}`}
      meterPct={Math.round((used / total) * 100)}
    />
  )
}

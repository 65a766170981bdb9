import type { ReactNode } from 'react'
import { isKnown } from '../../../../shared/model/reading.ts'
import type { GpuDevice } from '../../../../shared/model/gpu.ts'
import { GIB, bytesText } from '../../format/bytes.ts'
import { aboutText } from '../../format/duration.ts'
import { pressureWords } from '../../format/pressure.ts'
import { shown, type Shown } from '../../format/reading.ts'
import { usePanel } from '../../stores/context.ts'

const DRIVER = 'the driver'

/** The machine in figures, each in a place of its own that keeps its size. */
export function Tiles(): ReactNode {
  return (
    <section className="card tiles live-data" aria-label="Machine">
      <dl>
        <PressureTile />
        <FallTile />
        <GpuTiles />
        <CpuTile />
        <SwapTile />
      </dl>
    </section>
  )
}

interface TileProps {
  readonly label: string
  readonly figure: Shown
  readonly hint?: string
  readonly title?: string
  /** 0..100, drawn as a thin meter. */
  readonly meterPct?: number | null
}

function Tile({ label, figure, hint, title, meterPct }: TileProps): ReactNode {
  return (
    <div className="tile" title={title}>
      <dt>{label}</dt>
      {figure.known ? (
        <dd className="num">
          <b>{figure.value}</b>
          {figure.unit !== '' && ` ${figure.unit}`}
          {hint !== undefined && hint !== '' && <span className="tile-hint">{hint}</span>}
        </dd>
      ) : (
        <dd className="tile-unknown">{figure.words}</dd>
      )}
      {meterPct !== undefined && (
        <div className="tile-meter" aria-hidden="true">
          {meterPct !== null && <i style={{ width: `${Math.min(100, meterPct).toFixed(1)}%` }} />}
        </div>
      )}
    </div>
  )
}

const word = (value: string): Shown => ({ known: true, value, unit: '' })

function PressureTile(): ReactNode {
  const pressure = usePanel('live', (state) => state.live?.pressure.memory ?? 'unknown')
  const words = pressureWords(pressure)
  return (
    <Tile
      label="Memory pressure"
      figure={pressure === 'unknown' ? { known: false, words: words.word } : word(words.word)}
      hint={words.short}
      title={words.detail}
    />
  )
}

function FallTile(): ReactNode {
  const seconds = usePanel('live', (state) => state.live?.guard.secondsToEmpty ?? null)
  return seconds === null ? (
    <Tile label="Until memory is gone" figure={word('Not falling')} />
  ) : (
    <Tile label="Until memory is gone" figure={word(`about ${aboutText(seconds)}`)} hint="at this rate" />
  )
}

function gpuMemory(device: GpuDevice): Shown {
  const { usedBytes, totalBytes } = device.memory
  if (!isKnown(usedBytes) || !isKnown(totalBytes)) return shown('not-supported', '', DRIVER)
  return {
    known: true,
    value: (usedBytes / GIB).toFixed(1),
    unit: `of ${(totalBytes / GIB).toFixed(0)} GiB`
  }
}

function GpuTiles(): ReactNode {
  const device = usePanel('live', (state) => state.live?.gpu.devices[0])
  const topology = usePanel('live', (state) => state.live?.topology ?? 'none')
  const note = usePanel('live', (state) => state.live?.gpu.note ?? null)
  const stale = usePanel('live', (state) => state.live?.gpu.stale ?? false)
  const age = usePanel('live', (state) => state.live?.gpu.ageMs ?? 'unknown')
  const socTemperature = usePanel('live', (state) => state.live?.temperatureC ?? 'unknown')
  if (device === undefined) {
    return (
      <>
        <div className="tile tile-wide" title={note ?? ''}>
          <dt>GPU</dt>
          <dd className="tile-unknown ellipsis">{note?.split(/[:.]/)[0] ?? 'No GPU found'}</dd>
        </div>
        <Tile label="Temperature" figure={shown(socTemperature, '°C', 'the kernel')} hint="hottest sensor" />
      </>
    )
  }
  const utilization = device.utilizationPct
  const old = stale ? (isKnown(age) ? `${aboutText(age / 1000)} old` : 'old') : ''
  const extra = note === null ? {} : { title: note }
  return (
    <>
      <Tile
        label="GPU"
        figure={shown(utilization, '%', DRIVER)}
        hint={old}
        meterPct={isKnown(utilization) ? utilization : null}
        title={note === null ? device.name : `${device.name}: ${note}`}
      />
      {topology === 'discrete' && (
        <Tile label="GPU memory" figure={gpuMemory(device)} hint={old} {...extra} />
      )}
      <Tile
        label="Temperature"
        figure={
          isKnown(device.temperatureC)
            ? shown(device.temperatureC, '°C', DRIVER)
            : shown(socTemperature, '°C', DRIVER)
        }
        hint={isKnown(device.temperatureC) ? old : 'hottest sensor'}
        {...extra}
      />
      <Tile label="GPU power" figure={shown(device.powerW, 'W', DRIVER)} hint={old} {...extra} />
      <Tile label="SM clock" figure={shown(device.smClockMHz, 'MHz', DRIVER)} hint={old} {...extra} />
    </>
  )
}

function CpuTile(): ReactNode {
  const busy = usePanel('live', (state) => state.live?.cpu.busyPct ?? 'unknown')
  const cores = usePanel('live', (state) => state.live?.cpu.cores ?? 0)
  return (
    <Tile
      label="CPU"
      figure={shown(busy, '%', 'the kernel')}
      hint={`${cores} cores`}
      meterPct={isKnown(busy) ? busy : null}
    />
  )
}

function SwapTile(): ReactNode {
  const total = usePanel('live', (state) => state.live?.swapTotalBytes ?? 'unknown')
  const free = usePanel('live', (state) => state.live?.swapFreeBytes ?? 'unknown')
  if (!isKnown(total) || !isKnown(free))
    return <Tile label="Swap" figure={shown('unknown', '', 'the kernel')} />
  if (total === 0) return <Tile label="Swap" figure={word('None')} hint="no swap set up" meterPct={null} />
  const used = total - free
  return (
    <Tile
      label="Swap used"
      figure={word(bytesText(used))}
      hint={`of ${bytesText(total)}`}
      meterPct={(used / total) * 100}
    />
  )
}

import { useState, type ReactNode } from 'react'
import type { GpuDevice } from '../../../../shared/model/gpu.ts'
import { isKnown } from '../../../../shared/model/reading.ts'
import { GIB } from '../../format/bytes.ts'
import { gpuAge, noGpuWords } from '../../format/gpu.ts'
import { shown, type Shown } from '../../format/reading.ts'
import { usePanel } from '../../stores/context.ts'
import { Tile, asFigure } from './tile.tsx'

const DRIVER = 'the driver'

function gpuMemory(device: GpuDevice): Shown {
  const { usedBytes, totalBytes } = device.memory
  if (!isKnown(usedBytes) || !isKnown(totalBytes)) return shown('not-supported', '', DRIVER)
  return {
    known: true,
    value: (usedBytes / GIB).toFixed(1),
    unit: `/ ${(totalBytes / GIB).toFixed(0)} GiB`
  }
}

/** One GPU at a time: which one is said, and the others are one press away. */
export function GpuTiles(): ReactNode {
  const [chosen, setChosen] = useState(0)
  const count = usePanel('live', (state) => state.live?.gpu.devices.length ?? 0)
  const at = count === 0 ? 0 : chosen % count
  const gpu = usePanel('live', (state) => state.live?.gpu)
  const discrete = usePanel('live', (state) => state.live?.topology === 'discrete')
  const socTemperature = usePanel('live', (state) => state.live?.temperatureC ?? 'unknown')
  const device = gpu?.devices[at]
  if (gpu === undefined || device === undefined) {
    return (
      <>
        <Tile
          label="GPU"
          known={false}
          value={noGpuWords(gpu?.state ?? 'starting')}
          {...(gpu?.note ? { title: gpu.note } : {})}
        />
        <Tile label="Temperature" {...asFigure(shown(socTemperature, '°C', 'the kernel'))} hint="hottest" />
      </>
    )
  }
  const old = gpuAge(gpu)
  const which = `${count > 1 ? `GPU ${at + 1} of ${count}: ` : ''}${device.name}`
  const title = gpu.note === null ? which : `${which}. ${gpu.note}`
  const busy = device.utilizationPct
  return (
    <>
      <Tile
        label={count > 1 ? `GPU ${at + 1}` : 'GPU'}
        {...asFigure(shown(busy, '%', DRIVER))}
        hint={old}
        {...(isKnown(busy) ? { meterPct: Math.round(busy) } : {})}
        title={title}
      >
        {count > 1 && (
          <button
            type="button"
            className="tile-more"
            title="Show the next GPU"
            aria-label={`Show the next GPU, ${count - 1} more`}
            onClick={() => setChosen((at + 1) % count)}
          >
            +{count - 1} more
          </button>
        )}
      </Tile>
      {discrete && <Tile label="GPU memory" {...asFigure(gpuMemory(device))} hint={old} title={title} />}
      <Tile
        label="Temperature"
        {...asFigure(
          isKnown(device.temperatureC)
            ? shown(device.temperatureC, '°C', DRIVER)
            : shown(socTemperature, '°C', DRIVER)
        )}
        hint={isKnown(device.temperatureC) ? old : 'hottest'}
        title={isKnown(device.temperatureC) ? title : 'The hottest sensor of the machine'}
      />
      <Tile label="GPU power" {...asFigure(shown(device.powerW, 'W', DRIVER))} hint={old} title={title} />
      <Tile
        label="SM clock"
        {...asFigure(shown(device.smClockMHz, 'MHz', DRIVER))}
        hint={old}
        title={title}
      />
    </>
  )
}

import {
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  type RefObject
} from 'react'
import { takenBytes } from '../../format/available.ts'
import { MIB, bytesText, bytesWords } from '../../format/bytes.ts'
import type { ThresholdField, Thresholds as Both } from '../../format/gib.ts'
import { usePanel } from '../../stores/context.ts'
import { sizesPatch } from '../../stores/own-sizes.ts'
import { Strip } from '../../ui/strip.tsx'
import { ThresholdInput } from './threshold-input.tsx'
import { afterKey, bounds, placed } from './threshold-math.ts'

/** Reserve and floor: on the strip with the pointer or the arrow keys, and as numbers beneath. */
export function Thresholds(): ReactNode {
  const memTotalBytes = usePanel('live', (state) => state.live?.memTotalBytes ?? 1)
  const parts = usePanel('live', (state) => state.parts)
  const hues = usePanel('live', (state) => state.hues)
  const settings = usePanel('settings', (state) => state.settings)
  const automaticReserve = usePanel('guard', (state) => state.view?.automaticReserveBytes ?? 0)
  const automaticFloor = usePanel('guard', (state) => state.view?.automaticFloorBytes ?? 0)
  const effectiveFloor = usePanel('guard', (state) => state.view?.floorBytes ?? 0)
  const change = usePanel('settings', (state) => state.change)
  const connected = usePanel('app', (state) => state.link === 'connected')
  const isCustom = settings?.guard.mode === 'custom'
  /** While a handle is moved; null = as it is set. */
  const [moved, setMoved] = useState<Partial<Both> | null>(null)
  const track = useRef<HTMLDivElement>(null)
  const set: Both = {
    memTotalBytes,
    reserveBytes: settings?.reserveBytes ?? automaticReserve,
    floorBytes: settings?.floorBytes ?? automaticFloor
  }
  const now: Both = { ...set, ...moved }
  const taken = usePanel('live', ({ live }) => takenBytes(live, now.reserveBytes))

  const move = (field: ThresholdField, bytes: number): void => setMoved({ [field]: bytes })
  const release = (field: ThresholdField): void => {
    const bytes = moved?.[field]
    if (bytes === undefined) return
    if (!connected || bytes === set[field]) return setMoved(null)
    void change(field, sizesPatch(settings, { [field]: bytes })).then(() => setMoved(null))
  }
  const save = (field: ThresholdField, bytes: number | null): Promise<boolean> =>
    change(field, sizesPatch(settings, { [field]: bytes }))

  return (
    <section className="card thresholds" aria-labelledby="thresholds-title">
      <div className="card-head">
        <h2 id="thresholds-title">What is kept clear</h2>
        <p className="small muted">
          Drag the edges, or write a size{isCustom ? '' : ': the mode is Custom then'}
        </p>
      </div>
      <div className="card-body">
        <div className="threshold-strip live-data">
          <Strip
            memTotalBytes={memTotalBytes}
            reserveBytes={now.reserveBytes}
            takenBytes={taken}
            parts={parts}
            hues={hues}
            size="large"
          />
          <div className="threshold-track" ref={track}>
            {(['reserveBytes', 'floorBytes'] as const).map((field) => (
              <Handle
                key={field}
                field={field}
                now={now}
                track={track}
                onMove={move}
                onRelease={release}
                onCancel={() => setMoved(null)}
              />
            ))}
          </div>
        </div>
        <div className="threshold-fields">
          <ThresholdInput
            field="reserveBytes"
            title="Reserve"
            hint="For the desktop. Warning begins when memory falls into it."
            now={now}
            isAutomatic={(settings?.reserveBytes ?? null) === null}
            automaticBytes={automaticReserve}
            onSave={save}
          />
          <ThresholdInput
            field="floorBytes"
            title="Floor"
            hint="Falling memory must not pass it. The guard acts before it does."
            now={now}
            isAutomatic={(settings?.floorBytes ?? null) === null}
            automaticBytes={automaticFloor}
            onSave={save}
          />
        </div>
        {moved === null && Math.abs(effectiveFloor - set.floorBytes) >= MIB && (
          <p className="small muted threshold-note">
            The floor is {bytesText(effectiveFloor)} now: a running model has one of its own, or the reserve
            is lower.
          </p>
        )}
        {now.reserveBytes === 0 && <p className="bad">No memory is kept clear: the firebreak is off.</p>}
      </div>
    </section>
  )
}

const NAMES: Readonly<Record<ThresholdField, string>> = { reserveBytes: 'Reserve', floorBytes: 'Floor' }

interface HandleProps {
  readonly field: ThresholdField
  readonly now: Both
  readonly track: RefObject<HTMLDivElement | null>
  readonly onMove: (field: ThresholdField, bytes: number) => void
  readonly onRelease: (field: ThresholdField) => void
  readonly onCancel: () => void
}

function Handle({ field, now, track, onMove, onRelease, onCancel }: HandleProps): ReactNode {
  const held = useRef(false)
  const [low, high] = bounds(field, now)
  const share = 1 - now[field] / now.memTotalBytes
  const onPointer = (event: PointerEvent<HTMLDivElement>): void => {
    const box = track.current?.getBoundingClientRect()
    if (!held.current || box === undefined || box.width === 0) return
    const wanted = (1 - (event.clientX - box.left) / box.width) * now.memTotalBytes
    onMove(field, placed(field, wanted, now))
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') return onCancel()
    const bytes = afterKey(event.key, field, now)
    if (bytes === null) return
    event.preventDefault()
    onMove(field, bytes)
  }
  return (
    <div
      className={`threshold-handle ${field === 'floorBytes' ? 'floor' : 'reserve'}`}
      style={{ left: `${(share * 100).toFixed(3)}%` } as CSSProperties}
      role="slider"
      tabIndex={0}
      aria-label={NAMES[field]}
      aria-valuemin={low}
      aria-valuemax={high}
      aria-valuenow={now[field]}
      aria-valuetext={bytesWords(now[field])}
      title={`${NAMES[field]}: ${bytesText(now[field])}`}
      onPointerDown={(event) => {
        if (event.button !== 0) return
        held.current = true
        event.currentTarget.setPointerCapture(event.pointerId)
      }}
      onPointerMove={onPointer}
      onPointerUp={() => {
        held.current = false
        onRelease(field)
      }}
      onPointerCancel={() => {
        held.current = false
        onCancel()
      }}
      onKeyDown={onKey}
      onKeyUp={() => onRelease(field)}
      onBlur={() => onRelease(field)}
    >
      <i aria-hidden="true" />
      <span className="threshold-word small" aria-hidden="true">
        {NAMES[field].toLowerCase()} <b className="num">{bytesText(now[field])}</b>
      </span>
    </div>
  )
}

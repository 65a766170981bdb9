import type { ReactNode } from 'react'
import { floorBytes, reserveBytes } from '../../../../shared/domain/guard/thresholds.ts'
import { bytesWords } from '../../format/bytes.ts'
import { gibField, readThreshold, type ThresholdField } from '../../format/gib.ts'
import { usePanel } from '../../stores/context.ts'
import { sizesPatch } from '../../stores/own-sizes.ts'
import { TextSetting } from './text-setting.tsx'

/** What is kept clear for the desktop: the reserve, and the floor beneath it. */
export function MemorySettings(): ReactNode {
  const settings = usePanel('settings', (state) => state.settings)
  const reserve = settings?.reserveBytes ?? null
  const floor = settings?.floorBytes ?? null
  const total = usePanel('live', (state) => state.live?.memTotalBytes ?? 0)
  const change = usePanel('settings', (state) => state.change)
  const refuse = usePanel('settings', (state) => state.refuse)
  const save = async (field: ThresholdField, text: string): Promise<boolean> => {
    const read = readThreshold(field, text, {
      memTotalBytes: total,
      reserveBytes: reserveBytes(total, reserve),
      floorBytes: floorBytes(total, floor)
    })
    return read.bad === null
      ? change(field, sizesPatch(settings, { [field]: read.bytes }))
      : refuse(field, read.bad)
  }
  return (
    <section className="card" aria-labelledby="memory-title">
      <div className="card-head">
        <h2 id="memory-title">Firebreak</h2>
      </div>
      <TextSetting
        field="reserveBytes"
        title="Memory kept clear for the desktop"
        hint={
          <>
            In GiB. Memory inside it is watched; a warning comes when it falls fast or programs wait for
            memory. Empty = automatic, {bytesWords(reserveBytes(total, null))} here. With a size of your own
            the guard’s mode is Custom.
            {reserve === 0 && (
              <strong className="block">No memory is kept clear: the firebreak is off.</strong>
            )}
          </>
        }
        value={gibField(reserve)}
        unit="GiB"
        placeholder={gibField(reserveBytes(total, null))}
        onSave={(text) => save('reserveBytes', text)}
      />
      <TextSetting
        field="floorBytes"
        title="Floor"
        hint={`In GiB, the reserve at most. Falling memory must not pass it: a warning comes at once. Empty = automatic, ${bytesWords(floorBytes(total, null))} here.`}
        value={gibField(floor)}
        unit="GiB"
        placeholder={gibField(floorBytes(total, null))}
        onSave={(text) => save('floorBytes', text)}
      />
    </section>
  )
}

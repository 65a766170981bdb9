import type { ReactNode } from 'react'
import { bytesWords } from '../../format/bytes.ts'
import { usePanel } from '../../stores/context.ts'
import { Strip } from '../../ui/strip.tsx'

/** Where the model would go: its files' size is the least it will take. */
export function GhostStrip({
  modelPath,
  label,
  running
}: {
  readonly modelPath: string
  readonly label: string
  readonly running: boolean
}): ReactNode {
  const live = usePanel('live', (state) => state.live)
  const parts = usePanel('live', (state) => state.parts)
  const hues = usePanel('live', (state) => state.hues)
  const found = usePanel('runners', (state) =>
    state.models.find((one) => one.path === modelPath || one.repository === modelPath)
  )
  if (live === null) return null
  const ghost = found === undefined || running ? null : { label, bytes: found.sizeBytes }
  const over = ghost !== null && ghost.bytes > live.freeForModelsBytes
  const free = bytesWords(live.freeForModelsBytes)
  return (
    <div className="ghost">
      <Strip
        memTotalBytes={live.memTotalBytes}
        reserveBytes={live.guard.reserveBytes}
        parts={parts}
        hues={hues}
        size="small"
        ghost={ghost}
      />
      <p className={`small num ${over ? 'bad' : 'muted'}`}>
        {ghost === null
          ? `${free} free for models.`
          : over
            ? `Its files alone are ${bytesWords(ghost.bytes)}; ${free} are free for models. Stop something first.`
            : `Its files are ${bytesWords(ghost.bytes)}, context comes on top; ${free} are free for models.`}
      </p>
    </div>
  )
}

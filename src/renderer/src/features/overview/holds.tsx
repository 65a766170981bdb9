import type { ReactNode } from 'react'
import type { RunnerView } from '../../../../shared/model/runner.ts'
import { bytesText, bytesWords } from '../../format/bytes.ts'
import { gpuAge, gpuBytesText, sharesMemory } from '../../format/gpu.ts'
import { usePanel } from '../../stores/context.ts'

const FILES_TITLE = 'Mapped model file: counts as file cache, the kernel can take it back'

interface Figure {
  readonly label: string
  readonly text: string
  readonly strong?: boolean
  readonly title?: string
}

/** What a model holds, in the machine's own terms: parts of one memory, or memory and VRAM apart. */
export function Holds({ view }: { readonly view: RunnerView }): ReactNode {
  const part = usePanel('live', (state) => state.parts.find((one) => one.id === `runner:${view.id}`))
  const topology = usePanel('live', (state) => state.live?.topology ?? 'none')
  const told = usePanel('live', (state) => {
    const gpu = state.live?.gpu
    if (gpu === undefined) return 'not reported'
    const bytes = state.live?.topology === 'discrete' ? view.bytes.gpuBytes : (part ?? view.bytes).gpuBytes
    return gpuBytesText(bytes, gpu, view.pids)
  })
  const age = usePanel('live', (state) => (state.live === null ? '' : gpuAge(state.live.gpu)))
  const shared = sharesMemory(topology)
  // The ledger's figure where it has one: the same as in the strip. It knows nothing of VRAM.
  const host = part?.hostBytes ?? view.bytes.hostBytes
  const total = part?.bytes ?? (shared ? view.bytes.gpuBytes : 0) + view.bytes.hostBytes
  const aged = (label: string): string => (age === '' ? label : `${label}, ${age}`)
  const figures: readonly Figure[] = [
    { label: 'Memory', text: bytesText(total), strong: true },
    ...(shared
      ? [
          { label: age === '' ? 'GPU part' : aged('GPU'), text: told },
          { label: 'CPU part', text: bytesText(host) }
        ]
      : []),
    ...(topology === 'discrete'
      ? [
          {
            label: aged('VRAM'),
            text: told,
            strong: true,
            title: 'Memory of the graphics card itself; not part of the machine’s memory'
          }
        ]
      : []),
    {
      label: 'Files',
      text: view.bytes.fileBytes > 0 ? bytesText(view.bytes.fileBytes) : 'none',
      title: FILES_TITLE
    }
  ]
  return (
    <dl className="runner-holds num">
      {figures.map(({ label, text, strong = false, title }) => (
        <div key={label} title={title}>
          <dt className="ellipsis">{label}</dt>
          <dd className="ellipsis">{strong ? <b>{text}</b> : text}</dd>
        </div>
      ))}
    </dl>
  )
}

/** What stopping gives back and to whom: VRAM is the card's, not the system's. */
export function stopTitle(view: RunnerView, discrete: boolean): string {
  const { gpuBytes, hostBytes } = view.bytes
  const back =
    discrete && gpuBytes > 0
      ? `about ${bytesWords(hostBytes)} of memory, and ${bytesWords(gpuBytes)} of the graphics card’s own`
      : `about ${bytesWords(gpuBytes + hostBytes)}`
  return `Ends it and gives back ${back}; what it is answering now is lost`
}

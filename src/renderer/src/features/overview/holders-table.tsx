import { Fragment, memo, useState, type CSSProperties, type KeyboardEvent, type ReactNode } from 'react'
import type { MemoryTopology } from '../../../../shared/model/gpu.ts'
import type { LedgerPart } from '../../../../shared/model/ledger.ts'
import { bytesText } from '../../format/bytes.ts'
import { gpuAge, gpuBytesText, sharesMemory } from '../../format/gpu.ts'
import { kindLabel, kindWords } from '../../format/kinds.ts'
import { usePanel } from '../../stores/context.ts'
import { holderFill } from '../../ui/holder-fill.ts'
import { Icon } from '../../ui/icons.tsx'
import { Swatch } from '../../ui/swatch.tsx'

/** Rows before 'Show all': who matters, without pushing the page down. */
const FIRST_ROWS = 8

const second = (part: LedgerPart): string => {
  const pids = part.pids ?? []
  if (pids.length === 0) return kindLabel(part.kind)
  return pids.length === 1
    ? `${kindLabel(part.kind)}, pid ${pids[0]}`
    : `${kindLabel(part.kind)}, ${pids.length} processes`
}

/** Up and Down move between rows, Home and End to the ends. */
function onArrows(event: KeyboardEvent<HTMLTableElement>): void {
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('button.holder-name')]
  const at = rows.findIndex((row) => row === document.activeElement)
  if (at < 0) return
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key]
  if (to === undefined) return
  event.preventDefault()
  rows[to]?.focus()
}

/** Who holds the memory: sorted, GPU and CPU part apart, everything on demand. */
export function HoldersTable(): ReactNode {
  const order = usePanel('live', (state) => state.holders)
  const parts = usePanel('live', (state) => state.parts)
  const hues = usePanel('live', (state) => state.hues)
  const topology = usePanel('live', (state) => state.live?.topology ?? 'none')
  const memTotalBytes = usePanel('live', (state) => state.live?.memTotalBytes ?? 1)
  const [all, setAll] = useState(false)
  const [opened, setOpened] = useState<string | null>(null)
  const byId = new Map(parts.map((part) => [part.id, part]))
  const rows = order.flatMap((id) => byId.get(id) ?? [])
  const shown = all ? rows : rows.slice(0, FIRST_ROWS)
  const largest = rows[0]?.bytes ?? 1
  const gpuApart = sharesMemory(topology)
  const age = usePanel('live', (state) => (state.live === null ? '' : gpuAge(state.live.gpu)))
  return (
    <section className="card holders live-data" aria-labelledby="holders-title">
      <div className="card-head">
        <h2 id="holders-title">Who holds the memory</h2>
        {gpuApart && (
          <p className="small muted holder-key" aria-hidden="true">
            <i className="key-gpu" /> GPU <i className="key-cpu" /> CPU
          </p>
        )}
      </div>
      <table className="holder-table" onKeyDown={onArrows} aria-labelledby="holders-title">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" className="bar-column">
              <span className="hidden-visually">Share</span>
            </th>
            {gpuApart && (
              <>
                <th scope="col" className="num">
                  GPU{age !== '' && `, ${age}`}
                </th>
                <th scope="col" className="num">
                  CPU
                </th>
              </>
            )}
            <th scope="col" className="num">
              Total
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((part) => (
            <HolderRow
              key={part.id}
              part={part}
              hue={hues.get(part.id)}
              largest={largest}
              memTotalBytes={memTotalBytes}
              gpuApart={gpuApart}
              topology={topology}
              open={opened === part.id}
              onToggle={setOpened}
            />
          ))}
        </tbody>
      </table>
      {rows.length > FIRST_ROWS && (
        <button
          type="button"
          className="button quiet holder-more"
          aria-expanded={all}
          onClick={() => setAll((before) => !before)}
        >
          {all ? 'Show the largest only' : `Show all ${rows.length}`}
        </button>
      )}
    </section>
  )
}

interface RowProps {
  readonly part: LedgerPart
  readonly hue: number | undefined
  readonly largest: number
  readonly memTotalBytes: number
  readonly gpuApart: boolean
  readonly topology: MemoryTopology
  readonly open: boolean
  readonly onToggle: (id: string | null) => void
}

const HolderRow = memo(function HolderRow(props: RowProps): ReactNode {
  const { part, hue, largest, memTotalBytes, gpuApart, topology, open, onToggle } = props
  const share = `${((part.bytes / memTotalBytes) * 100).toFixed(1)} % of all memory`
  const { fill } = holderFill(part.kind, hue)
  const gpuText = usePanel('live', (state) =>
    state.live === null ? '' : gpuBytesText(part.gpuBytes, state.live.gpu, part.pids)
  )
  const width = (bytes: number): CSSProperties => ({
    width: `${((bytes / largest) * 100).toFixed(2)}%`
  })
  return (
    <Fragment>
      <tr>
        <th scope="row">
          <button
            type="button"
            className="holder-name"
            aria-expanded={open}
            onClick={() => onToggle(open ? null : part.id)}
          >
            <Swatch kind={part.kind} hue={hue} />
            <span className="holder-words">
              <span className="ellipsis" title={part.label}>
                {part.label}
              </span>
              <span className="ellipsis small muted">{second(part)}</span>
            </span>
            <Icon name="chevron" size={12} />
          </button>
        </th>
        <td className="bar-column" title={share}>
          <span className="hidden-visually">{share}</span>
          <div className="holder-bar" style={{ '--fill': fill } as CSSProperties} aria-hidden="true">
            <i className="gpu" style={width(gpuApart ? part.gpuBytes : 0)} />
            <i className={gpuApart ? 'cpu' : 'gpu'} style={width(gpuApart ? part.hostBytes : part.bytes)} />
          </div>
        </td>
        {gpuApart && (
          <>
            <td className="num muted">{gpuText}</td>
            <td className="num muted">{part.hostBytes > 0 ? bytesText(part.hostBytes) : 'none'}</td>
          </>
        )}
        <td className="num total">{bytesText(part.bytes)}</td>
      </tr>
      {open && (
        <tr className="holder-detail">
          <td colSpan={gpuApart ? 5 : 3}>
            <p>{kindWords(part.kind, topology)}</p>
            {part.pids !== undefined && part.pids.length > 0 && (
              <p className="muted">
                {part.pids.length === 1 ? 'Process' : 'Processes'} {part.pids.join(', ')}
              </p>
            )}
            {part.mappedFileBytes !== undefined && part.mappedFileBytes > 0 && (
              <p className="muted">
                It also has {bytesText(part.mappedFileBytes)} of files mapped. Those count as file cache,
                because the kernel can take them back.
              </p>
            )}
          </td>
        </tr>
      )}
    </Fragment>
  )
})

import { useId, useLayoutEffect, useRef, type ReactNode } from 'react'
import { takenBytes } from '../../format/available.ts'
import { unbroken } from '../../format/bytes.ts'
import { usePanel } from '../../stores/context.ts'
import { told } from '../../format/next-step.ts'
import type { RefusedStart } from '../../stores/fit.ts'
import { Message } from '../../ui/message.tsx'
import { Strip } from '../../ui/strip.tsx'
import { WaysOut } from '../../ui/ways-out.tsx'

/** A start that does not fit: why, the machine with it in, and the ways out. Wherever it was started from. */
export function FitDialog(): ReactNode {
  const refused = usePanel('fit', (state) => state.refused)
  return refused === null ? null : <Refused refused={refused} />
}

function Refused({ refused }: { readonly refused: RefusedStart }): ReactNode {
  const { label, error, view } = refused
  const id = useId()
  const close = usePanel('fit', (state) => state.close)
  const busy = usePanel('fit', (state) => state.busy)
  const problem = usePanel('fit', (state) => state.problem)
  const start = usePanel('fit', (state) => state.start)
  const stopAndStart = usePanel('fit', (state) => state.stopAndStart)
  const unloadAndStart = usePanel('fit', (state) => state.unloadAndStart)
  const dialog = useRef<HTMLDialogElement>(null)
  const back = useRef<HTMLButtonElement>(null)
  useLayoutEffect(() => {
    const shown = dialog.current
    shown?.showModal()
    // A key held since Start was pressed takes no way out.
    back.current?.focus()
    // Closed, not only taken away: that gives the focus back to the button that asked.
    return () => shown?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      className="fit-dialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-why`}
      onCancel={close}
      onClose={() => dialog.current?.open === false && close()}
    >
      <h2 id={`${id}-title`}>{label} does not fit now</h2>
      <p id={`${id}-why`}>{unbroken(view === null ? error.message : view.sentence)}</p>
      {view !== null && <MachineWith label={label} view={view} />}
      {view === null && problem === null && <p className="small muted">Looking for ways out…</p>}
      {view !== null && (
        <WaysOut
          options={view.options}
          busy={busy}
          then={`Then ${label} is started.`}
          settingsNote=", for this start only"
          acts={{
            onSettings: (settings) => void start({}, { settings }),
            onModel: (modelPath) => void start({}, { modelPath }),
            onStop: (ids) => void stopAndStart(ids),
            onUnload: (runnerId, model) => void unloadAndStart(runnerId, model),
            onWait: () => void start({ waits: true }),
            onAnyway: (phrase) => void start({ phrase })
          }}
        />
      )}
      {problem !== null && <Message tone="error" {...told(problem)} />}
      <div className="buttons">
        {busy && (
          <span className="small muted" role="status">
            Working on it…
          </span>
        )}
        <button ref={back} type="button" className="button" onClick={close}>
          Do not start it
        </button>
      </div>
    </dialog>
  )
}

function MachineWith({
  label,
  view
}: {
  readonly label: string
  readonly view: NonNullable<RefusedStart['view']>
}): ReactNode {
  const memTotalBytes = usePanel('live', (state) => state.live?.memTotalBytes ?? 1)
  const reserveBytes = usePanel('live', (state) => state.live?.guard.reserveBytes ?? 0)
  const taken = usePanel('live', ({ live }) => takenBytes(live, live?.guard.reserveBytes ?? 0))
  const allocatableBytes = usePanel('live', (state) => state.live?.admission.allocatableBytes ?? 0)
  const parts = usePanel('live', (state) => state.parts)
  const hues = usePanel('live', (state) => state.hues)
  const { expectedBytes, peakBytes } = view.estimate.total
  return (
    <Strip
      memTotalBytes={memTotalBytes}
      reserveBytes={reserveBytes}
      takenBytes={taken}
      parts={parts}
      hues={hues}
      size="medium"
      ghost={{ label, expectedBytes, peakBytes, allocatableBytes }}
    />
  )
}

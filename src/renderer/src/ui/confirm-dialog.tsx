import { useLayoutEffect, useRef, type ReactNode } from 'react'

/** Asks before something is lost, and says what. The way back has the focus. */
export function ConfirmDialog({
  title,
  text,
  confirm,
  onConfirm,
  onCancel
}: {
  readonly title: string
  readonly text: string
  readonly confirm: string
  readonly onConfirm: () => void
  readonly onCancel: () => void
}): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    const shown = dialog.current
    shown?.showModal()
    // Closed, not only taken away: that gives the focus back to the button that asked.
    return () => shown?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby="confirm-title"
      onCancel={onCancel}
      onClose={() => dialog.current?.open === false && onCancel()}
    >
      <h2 id="confirm-title">{title}</h2>
      <p className="muted">{text}</p>
      <div className="buttons">
        <button type="button" className="button" onClick={onCancel}>
          Keep it
        </button>
        <button type="button" className="button danger" onClick={onConfirm}>
          {confirm}
        </button>
      </div>
    </dialog>
  )
}

import { useCallback, useLayoutEffect, useRef, type MouseEvent, type ReactNode, type RefObject } from 'react'
import { Icon } from './icons.tsx'

/** Longer than the gap within a double click (500 ms at most by default), in ms: its second half must do nothing. */
const SETTLE_MS = 600

interface Face {
  readonly className: string
  /** Told, not switched off: a button that is switched off loses the keyboard's focus. */
  readonly disabled: boolean
  readonly label: string
  readonly word: string
  readonly title?: string
  readonly onAct: () => void
}

/**
 * Start and Stop in one place. What took the other's place acts on no click for a moment, so that a double click
 * starts a model instead of starting and stopping it; the keyboard's focus goes over to it.
 */
export function StartStop({
  active,
  start,
  stop
}: {
  /** True while there is something to stop. */
  readonly active: boolean
  readonly start: Face
  readonly stop: Face
}): ReactNode {
  const hadFocus = useRef(false)
  const shown = useRef<boolean | null>(null)
  const settledAtMs = useRef(0)
  const button = useRef<HTMLButtonElement>(null)
  const onLeave = useCallback((focused: boolean): void => {
    hadFocus.current = focused
  }, [])
  useLayoutEffect(() => {
    const isSwap = shown.current !== null && shown.current !== active
    shown.current = active
    if (!isSwap) return
    settledAtMs.current = performance.now() + SETTLE_MS
    if (hadFocus.current) button.current?.focus()
  }, [active])
  const face = active ? stop : start
  const onClick = (event: MouseEvent): void => {
    if (face.disabled || event.detail > 1 || performance.now() < settledAtMs.current) return
    face.onAct()
  }
  // Different keys: a click that begins on one and ends on the other is no click on either.
  return (
    <FaceButton
      key={active ? 'stop' : 'start'}
      button={button}
      icon={active ? 'stop' : 'play'}
      face={face}
      onClick={onClick}
      onLeave={onLeave}
    />
  )
}

function FaceButton({
  button,
  icon,
  face,
  onClick,
  onLeave
}: {
  readonly button: RefObject<HTMLButtonElement | null>
  readonly icon: 'play' | 'stop'
  readonly face: Face
  readonly onClick: (event: MouseEvent) => void
  readonly onLeave: (focused: boolean) => void
}): ReactNode {
  useLayoutEffect(() => {
    const own = button.current
    return () => onLeave(own !== null && document.activeElement === own)
  }, [button, onLeave])
  return (
    <button
      ref={button}
      type="button"
      className={face.className}
      aria-disabled={face.disabled}
      title={face.title}
      aria-label={face.label}
      onClick={onClick}
    >
      <Icon name={icon} size={12} />
      <span>{face.word}</span>
    </button>
  )
}

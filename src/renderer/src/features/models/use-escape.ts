import { useEffect, type RefObject } from 'react'

/** The row or card that a form is in, with the button that opened it. */
const placeOf = (form: HTMLElement): HTMLElement => form.closest('li') ?? form.closest('section') ?? form

/** The button that opened the form gets the focus back, which would be nowhere once the form is gone. */
export function focusOpener(form: HTMLElement | null): void {
  if (form === null) return
  placeOf(form).querySelector<HTMLElement>('.profile-buttons [aria-expanded="true"]')?.focus()
}

/**
 * Escape closes a form as its Cancel does, from anywhere in its row. Where nothing has the focus, it closes the one
 * form there is; a dialog over it takes its own Escape.
 */
export function useEscape(form: RefObject<HTMLElement | null>, onClose: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return
      if (form.current === null || document.querySelector('dialog[open]') !== null) return
      const active = document.activeElement
      const isNowhere = active === null || active === document.body
      const isOnly = document.querySelectorAll('.profile-form').length <= 1
      if (isNowhere ? isOnly : placeOf(form.current).contains(active)) onClose()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [form, onClose])
}

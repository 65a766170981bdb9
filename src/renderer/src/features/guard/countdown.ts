import { useEffect, useState } from 'react'
import { usePanelStores } from '../../stores/context.ts'
import { machineNowMs } from '../../stores/live.ts'

/**
 * Whole seconds until a moment on the machine that is shown, at least 0; null where there is none.
 *
 * It ticks by itself, at the turn of each second: ticks of the core come late just when this matters.
 */
export function useCountdown(atMs: number | null): number | null {
  const panel = usePanelStores()
  const leftMs = (): number => (atMs === null ? 0 : atMs - machineNowMs(panel.live.getState()))
  const read = (): number | null => (atMs === null ? null : Math.max(0, Math.ceil(leftMs() / 1000)))
  const [shown, setShown] = useState({ atMs, seconds: read() })
  useEffect(() => {
    if (atMs === null) return undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const tick = (): void => {
      const now = atMs - machineNowMs(panel.live.getState())
      const seconds = Math.max(0, Math.ceil(now / 1000))
      setShown((before) => (before.atMs === atMs && before.seconds === seconds ? before : { atMs, seconds }))
      if (seconds > 0) timer = setTimeout(tick, now - (seconds - 1) * 1000)
    }
    tick()
    return () => clearTimeout(timer)
  }, [atMs, panel])
  return shown.atMs === atMs ? shown.seconds : read()
}

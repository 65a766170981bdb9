import { useEffect, type ReactNode } from 'react'
import { usePanel } from '../../stores/context.ts'
import { Conflicts } from './conflicts.tsx'
import { Drill } from './drill.tsx'
import { IncidentDetail } from './incident-detail.tsx'
import { Incidents } from './incidents.tsx'
import { ModePicker } from './mode-picker.tsx'
import { ProtectedNames } from './protected-names.tsx'
import { Protection } from './protection.tsx'
import { SentinelCard } from './sentinel-card.tsx'
import { Thresholds } from './thresholds.tsx'
import { WouldDo } from './would-do.tsx'
import './guard.css'
import './parts.css'

/** What guards the desktop, what it would do and to whom, and the proof that it works. */
export function GuardPage(): ReactNode {
  const openedId = usePanel('guard', (state) => state.openedId)
  const look = usePanel('guard', (state) => state.look)
  const connected = usePanel('app', (state) => state.link === 'connected')
  const ready = usePanel('guard', (state) => state.view !== null)
  const known = usePanel('settings', (state) => state.settings !== null)
  useEffect(() => {
    if (connected) void look()
  }, [connected, look])
  if (openedId !== null) return <IncidentDetail key={openedId} id={openedId} />
  return (
    <div className="page guard">
      <header className="page-head">
        <h1 tabIndex={-1}>Guard</h1>
        <p className="muted">Keeps the desktop alive when models want all of the memory.</p>
      </header>
      {ready && known ? (
        <>
          <ModePicker />
          <Thresholds />
          <div className="guard-columns">
            <div className="guard-left">
              <WouldDo />
              <ProtectedNames />
              <Drill />
              <Incidents />
            </div>
            <div className="guard-right">
              <SentinelCard />
              <Conflicts />
              <Protection />
            </div>
          </div>
        </>
      ) : (
        <p className="muted">Asking the guard…</p>
      )}
    </div>
  )
}

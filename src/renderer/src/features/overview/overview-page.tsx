import type { ReactNode } from 'react'
import { FoundPanel } from './found-panel.tsx'
import { Headline } from './headline.tsx'
import { HoldersTable } from './holders-table.tsx'
import { History } from './history.tsx'
import { MachineStrip } from './machine-strip.tsx'
import { ModelsPanel } from './models-panel.tsx'
import { Tiles } from './tiles.tsx'
import './graph.css'
import './holders.css'
import './cards.css'
import './tiles.css'
import './overview.css'

/** Is the machine fine, who holds the memory, what to do: in this order, in three seconds. `jobs`: what is under way. */
export function OverviewPage({ jobs }: { readonly jobs: ReactNode }): ReactNode {
  return (
    <div className="page overview">
      <Headline />
      <MachineStrip />
      <Tiles />
      {jobs}
      <div className="overview-columns">
        <div className="overview-left">
          <History />
          <HoldersTable />
          <FoundPanel />
        </div>
        <div className="overview-right">
          <ModelsPanel />
        </div>
      </div>
    </div>
  )
}

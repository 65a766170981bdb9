import './client/strict-csp.ts'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { createClient } from '../../shared/contract/client.ts'
import { App } from './app.tsx'
import { chooseLink } from './client/choose.ts'
import { documentVisibility } from './client/visibility.ts'
import { PanelContext } from './stores/context.ts'
import { createPanel } from './stores/panel.ts'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
const link = chooseLink(window)
const panel = createPanel(createClient(link), link, documentVisibility(document))
createRoot(root).render(
  <StrictMode>
    <PanelContext value={panel}>
      <App />
    </PanelContext>
  </StrictMode>
)

import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react'
import { assertNever } from '../../shared/util/assert-never.ts'
import { FitDialog } from './features/fit/fit-dialog.tsx'
import { AskBanner } from './features/guard/ask-banner.tsx'
import { GuardNews } from './features/guard/guard-news.tsx'
import { GuardPage } from './features/guard/guard-page.tsx'
import { JobList } from './features/jobs/job-list.tsx'
import { LogPane } from './features/log/log-pane.tsx'
import { ModelsPage } from './features/models/models-page.tsx'
import { OverviewPage } from './features/overview/overview-page.tsx'
import { SettingsPage } from './features/settings/settings-page.tsx'
import type { LinkState } from './client/link.ts'
import { levelWord } from './format/sentence.ts'
import { PAGES, type Page } from './stores/app.ts'
import { usePanel } from './stores/context.ts'
import { Brand } from './ui/brand.tsx'
import { Icon } from './ui/icons.tsx'
import { Message } from './ui/message.tsx'
import './app.css'

const PAGE_WORDS: Readonly<Record<Page, string>> = {
  overview: 'Overview',
  models: 'Models',
  guard: 'Guard',
  settings: 'Settings'
}

function pageOf(page: Page): ReactNode {
  switch (page) {
    case 'overview':
      return <OverviewPage jobs={<JobList />} />
    case 'models':
      return <ModelsPage jobs={<JobList />} />
    case 'guard':
      return <GuardPage />
    case 'settings':
      return <SettingsPage />
    default:
      return assertNever(page)
  }
}

/** The theme of the settings, on the root element, where tokens.css looks for it. */
function useTheme(): void {
  const theme = usePanel('settings', (state) => state.settings?.theme ?? 'system')
  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme
  }, [theme])
}

function usePageKeys(): void {
  const closeIncident = usePanel('guard', (state) => state.close)
  const go = usePanel('app', (state) => state.go)
  const closeLog = usePanel('log', (state) => state.close)
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return
      const page = PAGES[Number(event.key) - 1]
      if (page === undefined) return
      event.preventDefault()
      // A page under the log could be neither seen nor used.
      closeLog()
      closeIncident()
      go(page)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [go, closeLog, closeIncident])
}

/** Another page begins at its top and at its heading, for the eye and for the keyboard. */
function usePageStart(page: Page, main: RefObject<HTMLElement | null>): void {
  const shown = useRef(page)
  useEffect(() => {
    if (shown.current === page) return
    shown.current = page
    main.current?.scrollTo({ top: 0 })
    main.current?.querySelector('h1')?.focus({ preventScroll: true })
  }, [page, main])
}

function Rail({ inert }: { readonly inert: boolean }): ReactNode {
  const current = usePanel('app', (state) => state.page)
  const go = usePanel('app', (state) => state.go)
  const closeIncident = usePanel('guard', (state) => state.close)
  const choose = (page: Page): void => {
    // The Guard page begins with the guard, not with what was read there last.
    closeIncident()
    go(page)
  }
  return (
    <nav className="rail" aria-label="Pages" inert={inert}>
      <div className="brand">
        <Brand />
      </div>
      {PAGES.map((page, at) => (
        <button
          key={page}
          type="button"
          aria-current={page === current ? 'page' : undefined}
          aria-keyshortcuts={`Control+${at + 1}`}
          title={`${PAGE_WORDS[page]} (Ctrl+${at + 1})`}
          onClick={() => choose(page)}
        >
          <Icon name={page} size={22} />
          {PAGE_WORDS[page]}
        </button>
      ))}
    </nav>
  )
}

/** Level changes are spoken; numbers that change every second are not. */
function LevelAnnouncer(): ReactNode {
  const level = usePanel('live', (state) => state.live?.guard.level ?? null)
  const mode = usePanel('live', (state) => state.live?.guard.mode ?? 'off')
  // The first level is no change; null before the first tick is no level.
  const [first, setFirst] = useState(level)
  const [changed, setChanged] = useState(false)
  if (first === null && level !== null) setFirst(level)
  else if (!changed && level !== first) setChanged(true)
  return (
    <div className="hidden-visually" aria-live="assertive">
      {changed && level !== null ? `Memory level: ${levelWord(level, mode)}` : ''}
    </div>
  )
}

function Banners(): ReactNode {
  const stale = usePanel('app', (state) => state.stale)
  const link = usePanel('app', (state) => state.link)
  const problem = usePanel('app', (state) => state.problem)
  return (
    <div className="banners">
      {link === 'lost' && (
        <Message
          tone="error"
          text="Connection lost. What you see is old."
          whatToDo="Trying again by itself. Models keep running without Firebreak; if this stays, start Firebreak again."
        />
      )}
      {link === 'connected' && stale && (
        <Message
          tone="error"
          text="Firebreak sends no new numbers. What you see is old."
          whatToDo="Models keep running. If this stays, quit Firebreak and start it again."
        />
      )}
      {problem !== null && (
        <Message
          tone="error"
          text={problem.message}
          whatToDo="Close this window and open Firebreak again, so that both are of one version."
          detail={problem.detail}
        />
      )}
      <div className="news" aria-live="polite">
        <GuardNews isNow={link === 'connected' && !stale} />
      </div>
    </div>
  )
}

function Waiting({ link }: { readonly link: LinkState }): ReactNode {
  if (link === 'unreachable') {
    return (
      <div className="connecting">
        <p>Firebreak does not run, or cannot be reached from here.</p>
        <p className="small">
          Start it again, and the SSH tunnel if there is one. This page tries again by itself; models keep
          running.
        </p>
      </div>
    )
  }
  return link === 'refused' ? (
    <div className="connecting">
      <p>Firebreak does not let this page in.</p>
      <p className="small">
        Open the address that <code>firebreakctl serve</code> prints, with everything after the #.
      </p>
    </div>
  ) : (
    <div className="connecting">
      <p>Reading the machine…</p>
      <progress aria-hidden="true" />
    </div>
  )
}

/** The panel: rail, page, and the log over it. */
export function App(): ReactNode {
  useTheme()
  usePageKeys()
  const page = usePanel('app', (state) => state.page)
  const link = usePanel('app', (state) => state.link)
  const ready = usePanel('live', (state) => state.live !== null)
  const stale = usePanel('app', (state) => state.stale)
  // The log lies over the page: what is beneath must not be reached by keyboard.
  const covered = usePanel('log', (state) => state.id !== null)
  const main = useRef<HTMLElement>(null)
  usePageStart(page, main)
  return (
    <div className={`shell ${stale ? 'stale' : ''}`}>
      <Rail inert={covered} />
      <div className="work">
        <AskBanner />
        <div className="stage">
          <main className="main" ref={main} inert={covered}>
            <Banners />
            {ready ? pageOf(page) : <Waiting link={link} />}
          </main>
          <LogPane />
        </div>
      </div>
      <FitDialog />
      <LevelAnnouncer />
    </div>
  )
}

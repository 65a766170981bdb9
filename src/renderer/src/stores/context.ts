import { createContext, use } from 'react'
import { useStore, type StoreApi } from 'zustand'
import type { AppState } from './app.ts'
import type { EstimatesState } from './estimates.ts'
import type { FitState } from './fit.ts'
import type { FoundState } from './found.ts'
import type { GuardState } from './guard.ts'
import type { JobsState } from './jobs.ts'
import type { LibraryState } from './library.ts'
import type { LiveState } from './live.ts'
import type { LogState } from './log.ts'
import type { Panel } from './panel.ts'
import type { RecentState } from './recent.ts'
import type { RunnerActsState } from './runner-acts.ts'
import type { RunnersState } from './runners.ts'
import type { SettingsState } from './settings.ts'
import type { TrainingState } from './training.ts'

export const PanelContext = createContext<Panel | null>(null)

interface States {
  readonly app: AppState
  readonly live: LiveState
  readonly recent: RecentState
  readonly runners: RunnersState
  readonly settings: SettingsState
  readonly log: LogState
  readonly guard: GuardState
  readonly jobs: JobsState
  readonly found: FoundState
  readonly library: LibraryState
  readonly runnerActs: RunnerActsState
  readonly training: TrainingState
  readonly estimates: EstimatesState
  readonly fit: FitState
}

/** The stores themselves, for what is read at a moment of the component's own choosing. */
export function usePanelStores(): Panel {
  const panel = use(PanelContext)
  if (panel === null) throw new Error('PanelContext is missing')
  return panel
}

/** The way for components to follow a store: by a selector, so that a tick redraws only what it changed. */
export function usePanel<K extends keyof States, T>(name: K, selector: (state: States[K]) => T): T {
  const panel = usePanelStores()
  const stores: { readonly [N in keyof States]: StoreApi<States[N]> } = panel
  return useStore<StoreApi<States[K]>, T>(stores[name], selector)
}

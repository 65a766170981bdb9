import type { RunnerState } from '../../../shared/model/runner.ts'
import { disposable, type Disposable } from '../../../shared/util/disposable.ts'
import type { Visibility } from '../client/visibility.ts'
import type { AppStore } from './app.ts'
import type { EstimatesStore } from './estimates.ts'
import type { LibraryStore } from './library.ts'
import type { RunnersStore } from './runners.ts'

interface EstimateWatchParts {
  readonly app: AppStore
  readonly runners: RunnersStore
  readonly library: LibraryStore
  readonly estimates: EstimatesStore
  readonly visibility: Visibility
}

/** After these a run has been measured, and the next estimate knows of it. */
const ENDED: ReadonlySet<RunnerState> = new Set(['stopped', 'failed', 'lost'])

/**
 * Has sizes asked for while somebody sees the page that shows them, once per change of what they depend on: the files
 * on disk, the profiles, the playbooks, a run that has been measured. A tick asks for nothing.
 */
export function createEstimateWatch(parts: EstimateWatchParts): Disposable {
  const { app, runners, library, estimates, visibility } = parts
  let modelsRead: unknown = null
  const follow = (): void => {
    const { page, link } = app.getState()
    if (page !== 'models' || link !== 'connected' || visibility.hidden) return
    const { models, profiles } = runners.getState()
    const { forgetAll, readModels, readProfiles } = estimates.getState()
    if (modelsRead !== models) {
      if (modelsRead !== null) forgetAll()
      modelsRead = models
      void readModels()
    }
    void readProfiles([...profiles, ...library.getState().playbooks.map(({ profile }) => profile)])
  }
  const stops = [
    app.subscribe((now, before) => {
      if (now.page !== before.page || now.link !== before.link) follow()
    }),
    runners.subscribe((now, before) => {
      if (now.runners !== before.runners) {
        const states = new Map(before.runners.map(({ id, state }) => [id, state]))
        const ended = now.runners.filter(({ id, state }) => {
          const was = states.get(id)
          return was !== undefined && was !== state && ENDED.has(state)
        })
        for (const { id } of ended) {
          const profile = now.profiles.find((one) => one.id === id)
          if (profile !== undefined) estimates.getState().forget(profile)
        }
        if (ended.length > 0) return follow()
      }
      if (now.models !== before.models || now.profiles !== before.profiles) follow()
    }),
    library.subscribe((now, before) => {
      if (now.playbooks !== before.playbooks) follow()
    })
  ]
  const sight = visibility.onChange(follow)
  follow()
  return disposable(() => {
    sight.dispose()
    for (const stop of stops) stop()
  })
}

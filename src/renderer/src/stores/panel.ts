import type { Client } from '../../../shared/contract/client.ts'
import { EVENT_NAMES, type EventName } from '../../../shared/contract/channels.ts'
import type { Live } from '../../../shared/model/status.ts'
import { disposable, disposeAll, type Disposable } from '../../../shared/util/disposable.ts'
import type { PanelLink } from '../client/link.ts'
import type { Visibility } from '../client/visibility.ts'
import { createAppStore, type AppStore } from './app.ts'
import { createEstimateWatch } from './estimate-watch.ts'
import { createEstimatesStore, type EstimatesStore } from './estimates.ts'
import { createFitStore, type FitStore } from './fit.ts'
import { createFoundStore, type FoundStore } from './found.ts'
import { createFoundWatch } from './found-watch.ts'
import { createGuardStore, type GuardStore } from './guard.ts'
import { createJobsStore, type JobsStore } from './jobs.ts'
import { createLauncher } from './launcher.ts'
import { createLibraryStore, type LibraryStore } from './library.ts'
import { createLiveStore, type LiveStore } from './live.ts'
import { createLogStore, type LogStore } from './log.ts'
import { createModelWatch } from './model-watch.ts'
import { createPassingNotices } from './passing-notices.ts'
import { createRecentStore, type RecentStore } from './recent.ts'
import { createRunnerActsStore, type RunnerActsStore } from './runner-acts.ts'
import { createRunnersStore, type RunnersStore } from './runners.ts'
import { createSettingsStore, type SettingsStore } from './settings.ts'
import { createTickWatch } from './tick-watch.ts'
import { createTrainingStore, type TrainingStore } from './training.ts'

/** As far back as the longest window of the live graph. */
const RECENT_WINDOW_S = 900

/** All but 'log', which the log's store asks for while one is open. */
const ALWAYS_WANTED: readonly EventName[] = EVENT_NAMES.filter((name) => name !== 'log')

/** Every store of the panel; each holds one domain and none holds truth: all of it can be asked for again. */
export interface Panel extends Disposable {
  readonly app: AppStore
  readonly live: LiveStore
  readonly recent: RecentStore
  readonly runners: RunnersStore
  readonly settings: SettingsStore
  readonly log: LogStore
  readonly guard: GuardStore
  readonly jobs: JobsStore
  readonly found: FoundStore
  readonly library: LibraryStore
  readonly runnerActs: RunnerActsStore
  readonly training: TrainingStore
  readonly estimates: EstimatesStore
  readonly fit: FitStore
}

/**
 * Joins the stores to a core.
 *
 * After a lost connection, and when ticks come back after they had stopped, everything is asked for anew: the core may
 * be another one. While nobody sees the page ticks are not drawn; on return the last one is, and the past it missed is
 * read.
 */
export function createPanel(client: Client, link: PanelLink, visibility: Visibility): Panel {
  const app = createAppStore(client, link.state)
  const live = createLiveStore()
  const recent = createRecentStore()
  const nowMs = (): number => live.getState().live?.atMs ?? Date.now()
  const runners = createRunnersStore(client, nowMs, (launch, label, error) =>
    fit.getState().refuse(launch, label, error)
  )
  const settings = createSettingsStore(client)
  const log = createLogStore(client)
  const guard = createGuardStore(client, nowMs)
  const jobs = createJobsStore(client)
  const found = createFoundStore(client, (view) => runners.getState().upsert(view))
  const library = createLibraryStore(client)
  const runnerActs = createRunnerActsStore(client)
  const training = createTrainingStore(client)
  const estimates = createEstimatesStore(client)
  const fit = createFitStore(client, createLauncher(runners, runnerActs), () => runners.getState().profiles)
  /** The last tick that nobody saw. */
  let unseen: Live | null = null

  const catchUp = async (): Promise<void> => {
    const before = live.getState().live
    const [status, past] = await Promise.all([
      client.call('status.get', {}),
      client.call('recent.get', { windowS: RECENT_WINDOW_S })
    ])
    if (past.ok) recent.getState().reset(past.value)
    // A tick that came meanwhile is newer than the answer.
    if (status.ok && live.getState().live === before) live.getState().set(status.value)
  }

  const readAll = async (): Promise<void> => {
    const subscribed = await client.call('events.subscribe', { events: [...ALWAYS_WANTED] })
    if (subscribed.ok) {
      runners.getState().reconnected()
      settings.getState().reconnected()
      guard.getState().reconnected()
    }
    const open = log.getState().id
    await Promise.all([
      catchUp(),
      app.getState().load(),
      settings.getState().load(),
      runners.getState().refresh(),
      guard.getState().load(),
      jobs.getState().load(),
      library.getState().load(),
      open === null ? undefined : log.getState().open(open)
    ])
  }
  let syncing: Promise<void> | null = null
  const sync = (): void => {
    syncing ??= readAll().finally(() => {
      syncing = null
    })
  }

  const tellStale = (): void => {
    const isOld = app.getState().link === 'lost' || ticks.silent
    app.getState().setStale(isOld && live.getState().live !== null)
  }
  const ticks = createTickWatch({
    onChange(silent) {
      tellStale()
      if (!silent) sync()
    },
    ask() {
      tellStale()
      sync()
    }
  })
  const watchTicks = (anew?: 'anew'): void => {
    if (visibility.hidden || link.state !== 'connected') ticks.pause()
    else ticks.resume(anew)
  }

  const passing = createPassingNotices(app, visibility)
  const parts: Disposable[] = [
    ticks,
    passing,
    createModelWatch(app, runners, visibility),
    createEstimateWatch({ app, runners, library, estimates, visibility }),
    client.on('live', (payload) => {
      if (visibility.hidden) {
        unseen = payload
        return
      }
      live.getState().set(payload)
      recent.getState().append(payload)
      ticks.ticked()
    }),
    client.on('runner', (view) => {
      const before = runners.getState().runners.find((one) => one.id === view.id)
      runners.getState().upsert(view)
      training.getState().follow(view)
      if (before === undefined || before.state === view.state) return
      passing.modelChanged(view.label)
      if (app.getState().notices.some(({ runnerId }) => runnerId === view.id)) {
        void app.getState().lookAtNotices()
      }
    }),
    client.on('runner-removed', ({ id }) => runners.getState().removed(id)),
    client.on('log', (chunk) => log.getState().append(chunk)),
    client.on('notice', (notice) => app.getState().notice(notice)),
    client.on('settings', (value) => settings.getState().accept(value)),
    client.on('guard', (view) => guard.getState().accept(view)),
    client.on('job', (job) => {
      jobs.getState().accept(job)
      // What it brought is there now: a model, a program.
      if (job.state === 'done') void runners.getState().look()
    }),
    client.on('incident', (summary) => guard.getState().happened(summary)),
    disposable(
      runners.subscribe((now, before) => {
        if (now.runners !== before.runners) {
          live.getState().knowRunners(now.runners.map((one) => one.id))
        }
      })
    ),
    visibility.onChange(() => {
      watchTicks()
      if (visibility.hidden) return
      if (unseen !== null) live.getState().set(unseen)
      unseen = null
      void catchUp()
    }),
    link.onState((state) => {
      app.getState().setLink(state)
      watchTicks('anew')
      tellStale()
      if (state === 'connected') sync()
    })
  ]
  watchTicks()
  if (link.state === 'connected') sync()
  // After the subscription, which comes first of all.
  parts.push(createFoundWatch(app, found, visibility))
  return {
    app,
    live,
    recent,
    runners,
    settings,
    log,
    guard,
    jobs,
    found,
    library,
    runnerActs,
    training,
    estimates,
    fit,
    dispose: () => disposeAll(parts)
  }
}

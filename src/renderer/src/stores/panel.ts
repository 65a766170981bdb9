import type { Client } from '../../../shared/contract/client.ts'
import { EVENT_NAMES, type EventName } from '../../../shared/contract/channels.ts'
import { disposable, disposeAll, type Disposable } from '../../../shared/util/disposable.ts'
import type { PanelLink } from '../client/link.ts'
import { createAppStore, type AppStore } from './app.ts'
import { createLiveStore, type LiveStore } from './live.ts'
import { createLogStore, type LogStore } from './log.ts'
import { createRecentStore, type RecentStore } from './recent.ts'
import { createRunnersStore, type RunnersStore } from './runners.ts'
import { createSettingsStore, type SettingsStore } from './settings.ts'

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
  /** Reads the present and the past again: a hidden window is not sent any live event. */
  catchUp(): Promise<void>
}

/** Joins the stores to a core; after a lost connection everything is asked for anew. */
export function createPanel(client: Client, link: PanelLink): Panel {
  const app = createAppStore(client, link.state)
  const live = createLiveStore()
  const recent = createRecentStore()
  const runners = createRunnersStore(client)
  const settings = createSettingsStore(client)
  const log = createLogStore(client)

  const catchUp = async (): Promise<void> => {
    const [status, past] = await Promise.all([
      client.call('status.get', {}),
      client.call('recent.get', { windowS: RECENT_WINDOW_S })
    ])
    if (past.ok) recent.getState().reset(past.value)
    if (status.ok) live.getState().set(status.value)
  }

  const sync = async (): Promise<void> => {
    await client.call('events.subscribe', { events: [...ALWAYS_WANTED] })
    await Promise.all([
      catchUp(),
      app.getState().load(),
      settings.getState().load(),
      runners.getState().refresh()
    ])
    const open = log.getState().id
    if (open !== null) await log.getState().open(open)
  }

  const parts: Disposable[] = [
    client.on('live', (payload) => {
      live.getState().set(payload)
      recent.getState().append(payload)
    }),
    client.on('runner', (view) => runners.getState().upsert(view)),
    client.on('runner-removed', ({ id }) => runners.getState().removed(id)),
    client.on('log', (chunk) => log.getState().append(chunk)),
    client.on('notice', (notice) => app.getState().notice(notice)),
    client.on('settings', (value) => settings.getState().accept(value)),
    disposable(
      runners.subscribe((now, before) => {
        if (now.runners !== before.runners) {
          live.getState().knowRunners(now.runners.map((one) => one.id))
        }
      })
    ),
    link.onState((state) => {
      app.getState().setLink(state)
      if (state === 'connected') void sync()
    })
  ]
  if (link.state === 'connected') void sync()
  return { app, live, recent, runners, settings, log, catchUp, dispose: () => disposeAll(parts) }
}

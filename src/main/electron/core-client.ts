import { createClient, type Client } from '../../shared/contract/client.ts'
import type { GuardView } from '../../shared/model/guard.ts'
import type { RunnerView } from '../../shared/model/runner.ts'
import type { Live } from '../../shared/model/status.ts'
import type { Settings } from '../../shared/settings/schema.ts'
import { disposable, disposeAll, type Disposable } from '../../shared/util/disposable.ts'
import { createEmitter } from '../../shared/util/emitter.ts'
import type { WireEvent } from '../../shared/contract/wire.ts'
import type { Logger } from '../platform/ports.ts'
import type { Endpoint } from '../transport/endpoint.ts'

/** A typed client over an endpoint, wherever the core runs. */
export function connectClient(endpoint: Endpoint, logger: Logger): { client: Client } & Disposable {
  const events = createEmitter<WireEvent>((error) =>
    logger.error('an event listener of the shell failed', error)
  )
  const session = endpoint.connect((event) => events.emit(event))
  const client = createClient({
    request: (message) => session.request(message),
    onEvent: (listener) => events.on(listener)
  })
  return { client, dispose: () => session.dispose() }
}

/** What the shell itself shows of the core; null = never heard. */
export interface CoreView {
  readonly live: Live | null
  /** performance.now() of the last live event; null before the first. */
  readonly liveAtMs: number | null
  readonly runners: ReadonlyMap<string, RunnerView>
  readonly settings: Settings | null
  readonly guard: Pick<GuardView, 'mode' | 'ask'> | null
}

export interface CoreWatch extends Disposable {
  view(): CoreView
  onChange(listener: () => void): Disposable
}

/**
 * After this long without a live event the core is taken as silent: the tray says so and the subscription is
 * made again, which also heals a core that was restarted. The sampler's slowest interval is 1 s.
 */
export const SILENT_AFTER_MS = 5_000

const WATCHED_EVENTS = ['live', 'runner', 'runner-removed', 'settings', 'guard'] as const

/** Keeps the last word of the core for tray and window: they read it, and send commands, nothing else. */
export function watchCore(client: Client, logger: Logger): CoreWatch {
  const changes = createEmitter<void>((error) => logger.error('the tray could not be drawn', error))
  const runners = new Map<string, RunnerView>()
  let live: Live | null = null
  let liveAtMs: number | null = null
  let settings: Settings | null = null
  let guard: CoreView['guard'] = null
  let disposed = false

  const subscribe = async (): Promise<void> => {
    const subscribed = await client.call('events.subscribe', { events: [...WATCHED_EVENTS] })
    if (!subscribed.ok) return
    const [list, current, guarding] = await Promise.all([
      client.call('runners.list', {}),
      client.call('settings.get', {}),
      client.call('guard.get', {})
    ])
    if (disposed) return
    if (list.ok) {
      runners.clear()
      for (const view of list.value) runners.set(view.id, view)
    }
    if (current.ok) settings = current.value
    if (guarding.ok) guard = guarding.value
    changes.emit()
  }

  const subscriptions = [
    client.on('live', (value) => {
      live = value as Live
      liveAtMs = performance.now()
      changes.emit()
    }),
    client.on('runner', (view) => {
      runners.set(view.id, view)
      changes.emit()
    }),
    client.on('runner-removed', ({ id }) => {
      runners.delete(id)
      changes.emit()
    }),
    client.on('settings', (value) => {
      settings = value
      changes.emit()
    }),
    client.on('guard', (value) => {
      guard = value
      changes.emit()
    })
  ]

  const silence = setInterval(() => {
    if (liveAtMs !== null && performance.now() - liveAtMs < SILENT_AFTER_MS) return
    changes.emit()
    void subscribe()
  }, SILENT_AFTER_MS)

  void subscribe()
  const end = disposable(() => {
    disposed = true
    clearInterval(silence)
    disposeAll(subscriptions)
  })
  return {
    view: () => ({ live, liveAtMs, runners, settings, guard }),
    onChange: (listener) => changes.on(listener),
    dispose: () => end.dispose()
  }
}

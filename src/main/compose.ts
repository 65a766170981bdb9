import { mkdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { ContractError } from '../shared/contract/errors.ts'
import { createClient } from '../shared/contract/client.ts'
import { err, ok, type Result } from '../shared/util/result.ts'
import { createApp, type App } from './app/create-app.ts'
import type { Logger, Places } from './platform/ports.ts'
import { systemClock } from './platform/system.ts'
import { connectControlSocket, isSocketAnswered } from './transport/control-client.ts'
import { controlSocketPath } from './transport/control-path.ts'
import { listenControlSocket } from './transport/control-server.ts'
import type { Endpoint } from './transport/endpoint.ts'
import { createRemoteEndpoint } from './transport/remote-endpoint.ts'
import { VERSION } from './version.ts'
import { acquireCoreLock } from './transport/start-lock.ts'
import { createWebHost } from './web/host.ts'

type Opened = Result<{ url: string; port: number }, ContractError>

/** The one core of this user: in this process ('core'), or reached in another ('client'). */
export interface Core {
  readonly role: 'core' | 'client'
  readonly endpoint: Endpoint
  openWeb(port: number | undefined): Promise<Opened>
  /** For a browser that we start; null where the web host is not ours. */
  singleUseUrl(): string | null
  /** Models that this process looks after and that go on without it. */
  runningLabels(): readonly string[]
  /** Runners keep running; a core of another process too. */
  dispose(): Promise<void>
}

/** What both compositions share: take the control socket and be the core, or become its client. */
export async function composeCore(options: {
  readonly host: 'electron' | 'headless'
  readonly places: Places
  readonly logger: Logger
  /** See AppPorts; null without a window. */
  readonly openPanel: (() => void) | null
}): Promise<Result<Core, string>> {
  const { places, logger } = options
  let app: App | null = null
  // Made on first use: not before the lock is ours, and not later than the first connection.
  const theApp = (): App => {
    app ??= createApp({
      places,
      logger,
      host: options.host,
      version: VERSION,
      clock: systemClock,
      openWeb: (port) => web.open(port),
      openPanel: options.openPanel
    })
    return app
  }
  const endpoint: Endpoint = { connect: (send) => theApp().endpoint.connect(send) }
  const web = createWebHost({
    endpoint,
    rendererDir: places.rendererDir,
    runtimeDir: places.runtimeDir,
    logger
  })
  mkdirSync(places.dataDir, { recursive: true, mode: 0o700 })
  const lock = await acquireCoreLock(places.dataDir)
  if (lock === null) {
    if (await isCoreReachable(places.runtimeDir)) return ok(clientOf(places.runtimeDir, logger))
    return err(
      `another Firebreak of yours is the core, but cannot be reached in ${places.runtimeDir}. Start this one with ` +
        'the same XDG_RUNTIME_DIR, or end the other.'
    )
  }
  const control = await listenControlSocket({ runtimeDir: places.runtimeDir, endpoint, logger })
  if (!control.ok) {
    lock.dispose()
    if (control.error.kind !== 'in-use') return err(control.error.message)
    return ok(clientOf(places.runtimeDir, logger))
  }
  await theApp().start()
  return ok({
    role: 'core',
    endpoint,
    openWeb: (port) => web.open(port),
    singleUseUrl: () => web.singleUseUrl(),
    runningLabels: () => app?.runningLabels() ?? [],
    async dispose() {
      web.dispose()
      control.value.dispose()
      app?.dispose()
      lock.dispose()
    }
  })
}

/** The other core may be just starting, or making its socket anew after somebody removed it. */
const REACH_DEADLINE_MS = 6_000
const REACH_EVERY_MS = 100

async function isCoreReachable(runtimeDir: string): Promise<boolean> {
  const deadline = performance.now() + REACH_DEADLINE_MS
  while (!(await isSocketAnswered(controlSocketPath(runtimeDir)))) {
    if (performance.now() > deadline) return false
    await delay(REACH_EVERY_MS)
  }
  return true
}

function clientOf(runtimeDir: string, logger: Logger): Core {
  const endpoint = createRemoteEndpoint({ runtimeDir, logger })
  return {
    role: 'client',
    endpoint,
    async openWeb(port) {
      const link = await connectControlSocket(runtimeDir)
      if (!link.ok) return link
      try {
        return await createClient(link.value).call('web.open', port === undefined ? {} : { port })
      } finally {
        link.value.dispose()
      }
    },
    singleUseUrl: () => null,
    runningLabels: () => [],
    dispose: async () => endpoint.dispose()
  }
}

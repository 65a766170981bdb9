import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { systemClock } from '../../src/main/platform/system.ts'
import { ADAPTERS } from '../../src/main/runners/adapters/registry.ts'
import { createDiscovery } from '../../src/main/runners/discovery/discovery.ts'
import type { Discovery, DiscoveryPorts } from '../../src/main/runners/discovery/types.ts'
import type { Runners } from '../../src/main/runners/supervisor/types.ts'
import { ACTIVE_STATES, type FoundRunner } from '../../src/shared/model/runner.ts'
import { defaultSettings } from '../../src/shared/settings/schema.ts'
import type { RunnerHome } from './runner-home.ts'
import { until } from './until.ts'

/** Discovery on the real machine beside a home's runners; each call of `fresh` looks anew. */
export interface DiscoveryHome {
  readonly discovery: Discovery
  fresh(): Promise<readonly FoundRunner[]>
  /** Waits until the runner with this process among its own is found, and `isAsWished`. */
  untilFound(pid: number, isAsWished?: (found: FoundRunner) => boolean): Promise<FoundRunner>
}

export function openDiscovery(
  home: RunnerHome,
  runners: Runners | null,
  changes: Partial<DiscoveryPorts> = {}
): DiscoveryHome {
  const settings = { ...defaultSettings(), llamacpp: { ...defaultSettings().llamacpp, stopTimeoutS: 2 } }
  const discovery = createDiscovery({
    places: home.places,
    clock: systemClock,
    logger: {
      info: () => undefined,
      warn: (text) => home.warnings.push(text),
      error: (text) => home.warnings.push(text)
    },
    machine: home.machine,
    settings: () => settings,
    adapters: ADAPTERS,
    ownPids: () => new Set([process.pid, ...(runners?.holders() ?? []).flatMap(({ pids }) => pids)]),
    activeIds: () =>
      new Set(
        (runners?.list() ?? []).flatMap(({ id, state }) => (ACTIVE_STATES.includes(state) ? [id] : []))
      ),
    containers: null,
    ...changes
  })
  const fresh = (): Promise<readonly FoundRunner[]> => {
    discovery.forget()
    return discovery.list()
  }
  return {
    discovery,
    fresh,
    untilFound: (pid, isAsWished = () => true) =>
      until(`process ${pid} to be found`, async () => {
        const found = (await fresh()).find(({ pids }) => pids.includes(pid))
        return found !== undefined && isAsWished(found) && found
      })
  }
}

/** Somebody else's program: in a group of its own, its output thrown away. */
export function startElsewhere(file: string, args: readonly string[], cwd: string): ChildProcess {
  const env = { PATH: process.env['PATH'], HOME: cwd }
  return spawn(file, args, { cwd, env, detached: true, stdio: 'ignore' })
}

/** A port that nobody listens on now. */
export function somePort(): Promise<number> {
  return new Promise((settle) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => settle(port))
    })
  })
}

import { closeSync, existsSync } from 'node:fs'
import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { Profile } from '../../../../shared/model/runner.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import { filterEnvironment } from '../environment.ts'
import { findService } from './holders.ts'
import { inScope, scopeUnit } from '../scope.ts'
import { pause } from '../pause.ts'
import { spawnRunner } from '../spawn-runner.ts'
import type { ServiceCore } from './service-core.ts'
import { mayStartService } from './services.ts'

/** A service on loopback answers in milliseconds. */
const PROBE_TIMEOUT_MS = 2_000
/** It opens its port before it does anything slow; a first start may have to unpack itself. */
const SERVICE_START_MS = 30_000
const LOOK_INTERVAL_MS = 200

/**
 * Ok once the service answers. One that does not run is started only where the profile says so: it may belong to
 * another user, with other models, and a second one would take its port. Who is started so is never ended again.
 */
export async function reachService(
  core: ServiceCore,
  profile: Profile,
  url: string,
  port: number
): Promise<Result<void, ContractError>> {
  const { deps, facts, closing } = core
  const { adapter, ports } = deps
  if ((await adapter.probe(url, PROBE_TIMEOUT_MS)) === 'ready') return ok(undefined)
  const { mains } = findService(ports.machine.processes(), facts.processNames)
  const [main] = mains
  if (main !== undefined) {
    return err({
      code: 'not-running',
      message: `${facts.name} runs (pid ${main.pid}) but does not answer at ${url}. Correct the port, or wait and start it again.`
    })
  }
  const { path, problem } = await adapter.installed({
    settings: ports.settings(),
    env: { ...deps.env, HOME: ports.places.homeDir }
  })
  if (path === null) {
    const message = `Nothing answers at ${url}. ${problem ?? `${facts.name} is not installed. Set it up first.`}`
    return err({ code: 'runner-missing', message })
  }
  if (!mayStartService(profile)) {
    return err({
      code: 'not-running',
      message: `${facts.name} does not run: nothing answers at ${url}. ${facts.howToStart} Or let this profile start it.`
    })
  }
  const begun = await serve(core, path, port)
  if (!begun.ok) return begun
  const end = ports.clock.monotonicMs() + SERVICE_START_MS
  while (ports.clock.monotonicMs() < end) {
    if ((await adapter.probe(url, PROBE_TIMEOUT_MS)) === 'ready') return ok(undefined)
    if (!(await pause(LOOK_INTERVAL_MS, closing.signal))) break
  }
  return err({
    code: 'timeout',
    message: `${facts.name} was started, but does not answer at ${url} after ${SERVICE_START_MS / 1000} s. Look at the log.`
  })
}

async function serve(core: ServiceCore, file: string, port: number): Promise<Result<void, ContractError>> {
  const { deps, facts } = core
  const { places, clock } = deps.ports
  const { args, env } = facts.serve(port)
  const command = { file, args }
  const launcher = deps.scopes.launcher()
  try {
    const logFd = deps.log.openForRunner(
      `--- ${new Date(clock.nowMs()).toISOString()} ${[file, ...args].join(' ')}`
    )
    const spawned = await spawnRunner({
      command:
        launcher === null
          ? command
          : inScope(launcher, scopeUnit(`${core.profile.kind}-service`, Math.round(clock.nowMs())), command),
      // Its own settings, as where its folder of models is, come with the user's environment.
      env: filterEnvironment(deps.env, { ...settingsOf(facts.name, deps.env), ...env }),
      workingDir: existsSync(places.homeDir) ? places.homeDir : '/',
      logFd
    })
    closeSync(logFd)
    if (spawned.ok) return ok(undefined)
    const message = `${facts.name} could not be started: ${spawned.error.message}. ${facts.howToStart}`
    return err({ code: 'runner-failed', message })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return err({
      code: 'refused',
      message: `${facts.name} was not started: its log cannot be written, ${why}.`
    })
  }
}

/** OLLAMA_MODELS and the like. */
function settingsOf(name: string, env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const prefix = `${name.toUpperCase().replaceAll(' ', '')}_`
  return Object.fromEntries(
    Object.entries(env).flatMap(([key, value]) =>
      key.startsWith(prefix) && value !== undefined ? [[key, value] as const] : []
    )
  )
}

import { PROTOCOL_VERSION } from '../../shared/contract/channels.ts'
import type { GpuSnapshot } from '../../shared/model/gpu.ts'
import { err, ok } from '../../shared/util/result.ts'
import type { Handlers } from '../transport/dispatcher.ts'
import { engineHandlers } from './handlers/engine.ts'
import { estimatesHandlers } from './handlers/estimates.ts'
import { foundHandlers } from './handlers/found.ts'
import { insideHandlers } from './handlers/inside.ts'
import { modelsHandlers } from './handlers/models.ts'
import { playbooksHandlers } from './handlers/playbooks.ts'
import { saveProfile } from './save-profile.ts'
import { startRunner } from './start-runner.ts'
import type { HandlerParts } from './handler-parts.ts'

/** The contract's commands, each joined to the module that does it; no logic of its own. */
export function createHandlers(parts: HandlerParts): Handlers {
  const { ports, settings, notices, recent, runners, guarding } = parts
  return {
    ...engineHandlers(parts),
    ...estimatesHandlers(parts),
    ...foundHandlers(parts),
    ...insideHandlers(parts),
    ...modelsHandlers(parts),
    ...playbooksHandlers(parts),
    'app.hello': async () =>
      ok({
        name: 'firebreak',
        version: ports.version,
        protocolVersion: PROTOCOL_VERSION,
        pid: process.pid,
        host: ports.host
      }),
    'app.facts': async () => {
      const facts = await parts.machineFacts()
      return ok({ ...facts, gpu: gpuName(parts.gpu()) })
    },
    'app.own-cost': async () => {
      const runnerPids = new Set(runners.holders().flatMap((holder) => holder.pids))
      return ok(parts.ownCost.read(parts.processes(), runnerPids, parts.roles()))
    },
    'app.notices': async () => ok(notices.list()),
    'app.dismiss-notice': async ({ id }) => {
      notices.dismiss(id)
      return ok({})
    },
    'status.get': async () => {
      const live = parts.live()
      if (live === null) {
        return err({ code: 'internal', message: `nothing can be read from ${ports.places.procRoot}` })
      }
      return ok({ ...live, level: live.guard.level, runners: runners.list() })
    },
    'recent.get': async ({ windowS }) => ok(recent.read(windowS)),
    'runners.list': async () => ok(runners.list()),
    'runners.start': (input) => startRunner(parts, input),
    'runners.stop': ({ id }) => runners.stop(id),
    'runners.log': ({ id, offset, maxBytes }) => runners.readLog(id, offset, maxBytes),
    'runners.installed': async () => ok(await runners.installed()),
    'profiles.list': async () => ok(runners.profiles()),
    'profiles.save': (profile) => saveProfile(parts, profile),
    'profiles.remove': async ({ id }) => {
      const removed = await runners.removeProfile(id)
      return removed.ok ? ok({}) : removed
    },
    'settings.get': async () => ok(settings.get()),
    'settings.set': async (patch) => settings.set(patch),
    'guard.get': async () => ok(guarding.view()),
    'guard.answer': async ({ watchId, victimId, choice }) => {
      const answered = guarding.guard.answer(watchId, victimId, choice)
      return answered.ok ? ok({}) : answered
    },
    'guard.drill': () => guarding.drill.run(),
    'guard.drills': async () => ok(guarding.drill.reports()),
    'incidents.list': async () => ok(guarding.incidents.list()),
    'incidents.get': async ({ id }) => guarding.incidents.get(id),
    'protection.get': async () =>
      ok({ protection: guarding.protection.status(), conflicts: guarding.conflicts().look() }),
    'protection.set': ({ install }) => guarding.protection.set(install),
    'web.open': ({ port }) => ports.openWeb(port)
  }
}

function gpuName(gpu: GpuSnapshot): string {
  const [first] = gpu.devices
  if (first) return first.name
  return gpu.state === 'starting' ? 'not known yet' : 'none found'
}

import { err, ok } from '../../../shared/util/result.ts'
import { ADAPTERS } from '../../runners/adapters/registry.ts'
import { containerCommandLine } from '../../runners/containers/command-line.ts'
import { containerName } from '../../runners/containers/container-name.ts'
import { createPreviewer } from '../../runners/preview/preview.ts'
import { exportProfiles, readTransfer } from '../../runners/profiles/transfer.ts'
import { createSetUp } from '../../runners/set-up/set-up.ts'
import { redactArgs } from '../../runners/supervisor/redact.ts'
import type { Handlers } from '../../transport/dispatcher.ts'
import type { HandlerParts } from '../handler-parts.ts'
import { saveProfile } from '../save-profile.ts'

/** Playbooks, profiles on their way in and out, and the installation of runners. */
export function playbooksHandlers(
  parts: HandlerParts
): Pick<
  Handlers,
  | 'playbooks.list'
  | 'profiles.preview'
  | 'profiles.export'
  | 'profiles.import'
  | 'runners.set-up'
  | 'runners.run-set-up'
> {
  const { runners, playbooks, settings, containers } = parts
  const { places, clock } = parts.ports
  const preview = createPreviewer({
    adapters: ADAPTERS,
    places,
    settings: settings.get,
    env: process.env,
    nowMs: () => clock.monotonicMs(),
    containerCommandLine: (plan, { id }) =>
      containerCommandLine(plan, containerName(id), containers.lastEngine(), places.homeDir),
    portOf: (id) => runners.list().find((view) => view.id === id && view.pids.length > 0)?.port ?? null
  })
  const setUp = createSetUp({ adapters: ADAPTERS, jobs: parts.jobs, places, env: process.env })
  return {
    'playbooks.list': async () => ok(await playbooks.list()),
    'profiles.preview': async ({ profile }) => {
      const found = playbooks.lacksModel(profile) ? await playbooks.withModel(profile) : ok(profile)
      const shown = await preview(found.ok ? found.value : profile)
      // Where to get it says more than that there is no such file.
      return ok(found.ok ? shown : { ...shown, warnings: [found.error.message, ...shown.warnings] })
    },
    'profiles.export': async ({ ids }) => {
      const known = new Map(runners.profiles().map((profile) => [profile.id, profile]))
      const missing = ids.filter((id) => !known.has(id))
      if (missing.length > 0) {
        return err({ code: 'not-found', message: `There is no profile '${missing.join("', '")}'.` })
      }
      return ok({
        text: exportProfiles(
          [...new Set(ids)].flatMap((id) => known.get(id) ?? []),
          redactArgs
        )
      })
    },
    'profiles.import': async ({ text }) => {
      const taken = new Set([...runners.profiles(), ...runners.list()].map(({ id }) => id))
      const read = readTransfer(text, (id) => taken.has(id))
      if (!read.ok) return read
      const problems = [...read.value.problems]
      const saved = []
      for (const profile of read.value.profiles) {
        const one = await saveProfile(parts, profile)
        if (one.ok) saved.push(one.value)
        else problems.push(`${profile.label} was not taken: ${one.error.message}`)
      }
      return ok({ profiles: saved, problems })
    },
    'runners.set-up': async ({ kind }) => ok(setUp.steps(kind)),
    'runners.run-set-up': async ({ kind }) => setUp.run(kind)
  }
}

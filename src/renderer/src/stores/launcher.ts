import type { Launcher } from './fit.ts'
import type { RunnerActsStore } from './runner-acts.ts'
import type { RunnersStore } from './runners.ts'

/** Starts and stops by the stores that every other button uses, so that each row shows what is done for a launch. */
export const createLauncher = (runners: RunnersStore, acts: RunnerActsStore): Launcher => ({
  async start(launch, how) {
    const { start, startPlaybook } = runners.getState()
    if (launch.how === 'saved') await start({ ...launch.input, ...how })
    else await startPlaybook(launch.profile, how)
  },
  stop: (id) => runners.getState().stop(id),
  async unload(id, model) {
    const { free, unloadModel } = acts.getState()
    await (model === null ? free(id) : unloadModel(id, model))
    return acts.getState().errors.get(id) ?? null
  }
})

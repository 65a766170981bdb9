import { totalmem } from 'node:os'
import { join } from 'node:path'
import { reserveBytes } from '../../shared/domain/guard/thresholds.ts'
import { ACTIVE_STATES, type LlamaCppProfile } from '../../shared/model/runner.ts'
import type { GpuSnapshot } from '../../shared/model/gpu.ts'
import type { Live } from '../../shared/model/status.ts'
import type { Settings } from '../../shared/settings/schema.ts'
import { createEstimates } from '../estimates/estimates.ts'
import { createFacts } from '../estimates/facts.ts'
import { createPlanner } from '../estimates/planner/planner.ts'
import type { Estimates } from '../estimates/types.ts'
import type { ModelCatalog } from '../models/catalog.ts'
import { createModelFactsReader } from '../models/model-facts.ts'
import type { Clock, Logger, Places } from '../platform/ports.ts'
import { ADAPTERS } from '../runners/adapters/registry.ts'
import type { Runners } from '../runners/supervisor/types.ts'
import { expandHome } from '../runners/supervisor/target.ts'
import type { MachineView } from '../sampler/machine-view.ts'

const MEASURED_FILE = 'measured.json'

/** Estimates of this machine and of what is to run on it. */
export interface Estimating {
  readonly estimates: Estimates
  /** Learns from what runs now; to be called at every look at the machine. */
  observe(): void
}

export function createEstimating(parts: {
  readonly places: Places
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: () => Settings
  readonly machine: MachineView
  readonly gpu: () => GpuSnapshot
  /** Null before the first look. */
  readonly live: () => Live | null
  readonly models: ModelCatalog
  readonly runners: () => Runners
  /** What a launch may take now. */
  readonly allocatableBytes: () => number
}): Estimating {
  const { places, clock, logger, settings, machine, gpu, live, models, runners } = parts
  const { homeDir } = places
  const memTotalBytes = (): number => live()?.memTotalBytes ?? totalmem()

  /** The program that a launch would take: the profile's own, or the one that is found for all. */
  const serverOf = async (profile: LlamaCppProfile): Promise<string | null> => {
    if (profile.settings.binary !== '') return expandHome(profile.settings.binary, homeDir)
    const env = { ...process.env, HOME: homeDir }
    return (await ADAPTERS.llamacpp.installed({ settings: settings(), env })).path
  }
  const estimates = createEstimates({
    clock,
    logger,
    storePath: join(places.dataDir, MEASURED_FILE),
    machine: () => ({
      memTotalBytes: memTotalBytes(),
      memAvailableBytes: machine.availableBytes(),
      topology: gpu().topology
    }),
    isGpuKnown: () => gpu().state === 'ok' && !gpu().stale,
    gpuName: () => gpu().devices[0]?.name ?? null,
    facts: createFacts({ reader: createModelFactsReader(), env: process.env, homeDir }),
    findModels: async () => (await models.list()).models,
    planner: createPlanner({ serverOf, env: process.env }),
    allocatableBytes: parts.allocatableBytes,
    mostBytes: () => memTotalBytes() - reserveBytes(memTotalBytes(), settings().reserveBytes),
    runners() {
      const profiles = new Map(
        runners()
          .profiles()
          .map((profile) => [profile.id, profile])
      )
      return runners()
        .list()
        .flatMap((view) => {
          const profile = profiles.get(view.id)
          if (profile === undefined || !ACTIVE_STATES.includes(view.state)) return []
          return [{ ...view, importance: profile.importance, pinned: profile.pinned }]
        })
    }
  })
  return {
    estimates,
    observe() {
      const views = runners().list()
      const profiles = runners().profiles()
      for (const view of views) {
        const profile = profiles.find(({ id }) => id === view.id)
        if (profile !== undefined) estimates.observe(profile, view)
      }
    }
  }
}

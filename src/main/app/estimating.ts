import { totalmem } from 'node:os'
import { join } from 'node:path'
import { reserveBytes } from '../../shared/domain/guard/thresholds.ts'
import { ACTIVE_STATES, type Profile, type RunnerKind, type RunnerView } from '../../shared/model/runner.ts'
import type { GpuSnapshot } from '../../shared/model/gpu.ts'
import type { Live } from '../../shared/model/status.ts'
import type { Settings } from '../../shared/settings/schema.ts'
import { createEstimates } from '../estimates/estimates.ts'
import { createFacts } from '../estimates/facts.ts'
import { createLaunches } from '../estimates/measured/launches.ts'
import { createPlanner } from '../estimates/planner/planner.ts'
import type { Estimates } from '../estimates/types.ts'
import type { ModelCatalog } from '../models/catalog.ts'
import { createModelFactsReader } from '../models/model-facts.ts'
import type { Clock, Logger, Places } from '../platform/ports.ts'
import { ADAPTERS } from '../runners/adapters/registry.ts'
import type { Runners } from '../runners/supervisor/types.ts'
import { isProtectedName } from '../runners/supervisor/bystanders.ts'
import { expandHome } from '../runners/supervisor/target.ts'
import type { MachineView } from '../sampler/machine-view.ts'

const MEASURED_FILE = 'measured.json'
/** Programs are searched for no more often: a list of a thousand models asks for each. */
const FOUND_MS = 2_000

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
  /** What a launch may take now; of that one nothing is counted against itself. */
  readonly allocatableBytes: (exceptId: string) => number
}): Estimating {
  const { places, clock, logger, settings, machine, gpu, live, models, runners } = parts
  const { homeDir } = places
  const memTotalBytes = (): number => live()?.memTotalBytes ?? totalmem()

  const found = new Map<RunnerKind, { readonly atMs: number; readonly path: Promise<string | null> }>()
  const installed = (kind: RunnerKind): Promise<string | null> => {
    const known = found.get(kind)
    const nowMs = clock.monotonicMs()
    if (known !== undefined && nowMs - known.atMs < FOUND_MS) return known.path
    const env = { ...process.env, HOME: homeDir }
    const path = ADAPTERS[kind].installed({ settings: settings(), env }).then((one) => one.path)
    found.set(kind, { atMs: nowMs, path })
    return path
  }
  /** The program that a launch would take: the profile's own, or the one that is found for all. */
  const programOf = async ({ kind, settings: own, container }: Profile): Promise<string | null> => {
    if (container !== null) return null
    const binary = own['binary']
    if (typeof binary === 'string' && binary !== '') return expandHome(binary, homeDir)
    return installed(kind)
  }
  const launches = createLaunches()
  runners().onChange(launches.note)

  /** Taken over as it runs, and on the protected list: a stop would be refused. */
  const mayStop = ({ id, pids, containerId }: RunnerView): boolean => {
    if (launches.isLaunched(id)) return true
    // Of a container all must end, of others the first.
    const asked = new Set(containerId === null ? pids.slice(0, 1) : pids)
    const { protectedNames } = settings().guard
    return !machine
      .processes()
      .some(({ pid, name }) => asked.has(pid) && isProtectedName(name, protectedNames))
  }
  const estimates = createEstimates({
    clock,
    logger,
    storePath: join(places.dataDir, MEASURED_FILE),
    storeAccess: 'own',
    programOf,
    machine: () => ({
      memTotalBytes: memTotalBytes(),
      memAvailableBytes: machine.availableBytes(),
      topology: gpu().topology
    }),
    isGpuKnown: () => gpu().state === 'ok' && !gpu().stale,
    gpuName: () => gpu().devices[0]?.name ?? null,
    facts: createFacts({ reader: createModelFactsReader(), env: process.env, homeDir }),
    findModels: async () => (await models.list()).models,
    planner: createPlanner({ clock, serverOf: programOf, env: process.env }),
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
          const pinned = profile.pinned || !mayStop(view)
          return [{ ...view, importance: profile.importance, pinned }]
        })
    }
  })
  return {
    estimates,
    observe() {
      for (const view of runners().list()) {
        const profile = launches.isLaunched(view.id) ? runners().running(view.id) : null
        if (profile !== null) estimates.observe(profile, view)
      }
    }
  }
}

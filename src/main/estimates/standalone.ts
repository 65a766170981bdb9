import { access, constants, readdir, readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { profileFileSchema, runnerIdSchema } from '../../shared/contract/schemas.ts'
import type { ContractError } from '../../shared/contract/errors.ts'
import { reserveBytes } from '../../shared/domain/guard/thresholds.ts'
import type { EstimateMachine } from '../../shared/model/estimate.ts'
import type { FieldSettings, Profile, RunnerKind } from '../../shared/model/runner.ts'
import { err, ok, type Result } from '../../shared/util/result.ts'
import { findModels } from '../models/find.ts'
import { createModelFactsReader } from '../models/model-facts.ts'
import type { Logger, Places } from '../platform/ports.ts'
import { systemClock } from '../platform/system.ts'
import { checkProfile } from '../runners/supervisor/check-profile.ts'
import { findTarget } from '../runners/supervisor/find-target.ts'
import { expandHome } from '../runners/supervisor/target.ts'
import { createEstimates } from './estimates.ts'
import { createFacts } from './facts.ts'
import { readMemory } from './machine.ts'
import { createPlanner } from './planner/planner.ts'
import type { Estimates } from './types.ts'

const PROFILES_FOLDER = 'profiles'
const MEASURED_FILE = 'measured.json'
const SERVER = 'llama-server'

/** Estimates for those who have no core to ask: of files, profiles on disk and /proc/meminfo. */
export interface Alone {
  readonly estimates: Estimates
  /** What a start of it would launch. */
  profileOf(
    target: string,
    settings: FieldSettings | undefined,
    kind: RunnerKind | undefined
  ): Promise<Result<Profile, ContractError>>
}

/** What is known better than from here. */
export interface AloneOptions {
  readonly places: Pick<Places, 'procRoot' | 'configDir' | 'dataDir' | 'homeDir'>
  readonly env: NodeJS.ProcessEnv
  readonly logger: Logger
  /** Of whom a core said so; null: read from the disk. */
  readonly profiles: readonly Profile[] | null
  /** As the core counts it; null: what is available beyond the desktop's reserve. */
  readonly allocatableBytes: number | null
  /** Where the model is to be; null: where this machine would put it. */
  readonly topology: EstimateMachine['topology'] | null
}

export async function openAlone(options: AloneOptions): Promise<Result<Alone, ContractError>> {
  const { places, env, logger } = options
  const { procRoot, configDir, dataDir, homeDir } = places
  const memory = await readMemory(procRoot)
  if (memory === null) {
    return err({ code: 'internal', message: `Nothing can be read from ${procRoot}/meminfo.` })
  }
  const topology = options.topology ?? (await topologyOf(procRoot))
  const desktopBytes = reserveBytes(memory.memTotalBytes, null)
  const listed = async () => (await findModels({ homeDir, folders: [], env })).models
  const profiles = options.profiles ?? (await readProfiles(join(configDir, PROFILES_FOLDER)))
  const programOf = programIn(env, homeDir)
  const estimates = createEstimates({
    clock: systemClock,
    logger,
    storePath: join(dataDir, MEASURED_FILE),
    // The core's, which may run by now.
    storeAccess: 'look',
    programOf,
    machine: () => ({ ...memory, topology }),
    isGpuKnown: () => false,
    gpuName: () => null,
    facts: createFacts({ reader: createModelFactsReader(), env, homeDir }),
    findModels: listed,
    // Of a device that was asked for the planner knows nothing: it plans for the one that is there.
    planner:
      options.topology === null ? createPlanner({ clock: systemClock, serverOf: programOf, env }) : null,
    allocatableBytes: () => options.allocatableBytes ?? Math.max(0, memory.memAvailableBytes - desktopBytes),
    mostBytes: () => memory.memTotalBytes - desktopBytes,
    runners: () => []
  })
  return ok({
    estimates,
    async profileOf(target, settings, kind) {
      const found = await findTarget(
        { target, settings, kind, homeDir },
        () => ({ profiles, isTaken: (id) => profiles.some((profile) => profile.id === id) }),
        {
          findModels: async () =>
            (await listed()).filter(({ format, isPartial }) => format === 'gguf' && !isPartial)
        }
      )
      return found.ok ? checkProfile(found.value.profile) : found
    }
  })
}

/** What cannot be understood is left out, and left as it is. */
async function readProfiles(folder: string): Promise<readonly Profile[]> {
  const names = await readdir(folder).catch(() => [])
  const read = names
    .filter(
      (name) => name.endsWith('.json') && runnerIdSchema.safeParse(name.slice(0, -'.json'.length)).success
    )
    .map(async (name): Promise<readonly Profile[]> => {
      try {
        const parsed = profileFileSchema.safeParse(JSON.parse(await readFile(join(folder, name), 'utf8')))
        return parsed.success ? [parsed.data] : []
      } catch {
        return []
      }
    })
  return (await Promise.all(read)).flat()
}

/** Without a probe: NVIDIA's driver on ARM is a machine whose GPU shares the memory; elsewhere it has its own. */
async function topologyOf(procRoot: string): Promise<EstimateMachine['topology']> {
  const gpus = await readdir(`${procRoot}/driver/nvidia/gpus`).catch(() => [])
  if (gpus.length === 0) return 'none'
  return process.arch === 'arm64' ? 'unified' : 'discrete'
}

/** The profile's own program, or the first llama-server on PATH; of other kinds it is not searched for. */
function programIn(env: NodeJS.ProcessEnv, homeDir: string): (profile: Profile) => Promise<string | null> {
  return async ({ kind, settings, container }) => {
    if (container !== null) return null
    const binary = settings['binary']
    if (typeof binary === 'string' && binary !== '') return expandHome(binary, homeDir)
    if (kind !== 'llamacpp') return null
    for (const folder of (env['PATH'] ?? '').split(delimiter)) {
      const path = join(folder, SERVER)
      const isThere =
        folder !== '' &&
        (await access(path, constants.X_OK).then(
          () => true,
          () => false
        ))
      if (isThere) return path
    }
    return null
  }
}

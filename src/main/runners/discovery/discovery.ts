import type { ContractError } from '../../../shared/contract/errors.ts'
import type { RunnerKind, StopResult } from '../../../shared/model/runner.ts'
import { RUNNER_SPECS } from '../../../shared/model/specs/index.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import { addressRefusal } from '../supervisor/address.ts'
import type { ProcessIdentity } from '../supervisor/identity.ts'
import { processOf } from './found-process.ts'
import { createLeftoverMemory } from './leftovers.ts'
import { rememberContainers } from './known-containers.ts'
import { lookAround, type Sighting } from './look.ts'
import { createProcessFiles } from './process-files.ts'
import { maySignal } from './problem.ts'
import { draftOf } from './profile-draft.ts'
import { stopFound } from './stop-found.ts'
import type { Discovery, DiscoveryPorts } from './types.ts'

/** A page that shows found runners asks again and again; nobody starts a model in less time than this. */
const LOOK_EVERY_MS = 2_000
/** A look takes tens of milliseconds; where kernel or engine are so slow that it takes this long, the last is shown. */
const LOOK_DEADLINE_MS = 10_000

/**
 * Looks only while somebody asks: it keeps no timer. Its cost: of 515 processes the first look took 125 ms of CPU, later
 * ones 15 to 45 ms (two shared cores at other work), so at most 2 % of a core while a page shows found runners.
 */
export function createDiscovery(given: DiscoveryPorts): Discovery {
  const { clock, logger, places, containers } = given
  const ports = {
    ...given,
    containers: containers === null ? null : rememberContainers(containers, clock)
  }
  const files = createProcessFiles(places.procRoot)
  const memory = createLeftoverMemory()
  const closing = new AbortController()
  let seen: readonly Sighting[] = []
  let seenAtMs = Number.NEGATIVE_INFINITY
  let looking: Promise<readonly Sighting[]> | null = null
  const stopping = new Map<string, Promise<Result<StopResult, ContractError>>>()

  const look = (): Promise<readonly Sighting[]> => {
    looking ??= lookAround(ports, files, memory)
      .then((now) => (seen = now))
      .catch((error: unknown) => {
        logger.error('the running programs could not be looked at', error)
        return seen
      })
      .finally(() => {
        seenAtMs = clock.monotonicMs()
        looking = null
      })
    return within(LOOK_DEADLINE_MS, looking, () => seen)
  }

  const find = async (identity: ProcessIdentity): Promise<Result<Sighting, ContractError>> => {
    // One that was under way may have begun before the process did.
    if (looking !== null) await within(LOOK_DEADLINE_MS, looking, () => seen)
    const sighting = (await look()).find(
      ({ root }) => root.pid === identity.pid && root.startTicks === identity.startTicks
    )
    if (sighting === undefined) {
      const message = `There is no runner with process ${identity.pid}: it has ended, or Firebreak runs it already.`
      return err({ code: 'not-found', message })
    }
    const { problem } = sighting.found
    return problem === null ? ok(sighting) : err({ code: 'refused', message: problem })
  }

  return {
    async list() {
      const isFresh = clock.monotonicMs() - seenAtMs < LOOK_EVERY_MS
      return (isFresh ? seen : await look()).map(({ found }) => found)
    },

    async adoptable(identity) {
      const sighting = await find(identity)
      if (!sighting.ok) return sighting
      const service = serviceRefusal(sighting.value.found.kind)
      if (service !== null) return err(service)
      const unreachable = addressRefusal(sighting.value.found.kind, sighting.value.found.url)
      if (unreachable !== null) return err(unreachable)
      const { found, rawCommandLine, workingDir, program, origin, members } = sighting.value
      const { containerId, unit } = origin
      const around = containerId === null ? null : ((await ports.containers?.describe(containerId)) ?? null)
      if (around === null && members.some(({ pid }) => !maySignal(pid))) {
        const message = `${found.label} runs as another user, so that it can be stopped from here but not taken over.`
        return err({ code: 'refused', message })
      }
      const draft = draftOf({
        found,
        commandLine: rawCommandLine,
        workingDir,
        program,
        container: around?.settings ?? null,
        restartsByItself: unit !== null || containerId !== null
      })
      const process = processOf(sighting.value, places.procRoot, clock.nowMs(), around?.record ?? null)
      return ok({ process, draft })
    },

    stop(identity) {
      const key = `${identity.pid}:${identity.startTicks}`
      const running = stopping.get(key)
      if (running !== undefined) return running
      const stop = find(identity)
        .then((sighting) => (sighting.ok ? stopFound(ports, sighting.value, closing.signal, seen) : sighting))
        .finally(() => {
          stopping.delete(key)
          seenAtMs = Number.NEGATIVE_INFINITY
        })
      stopping.set(key, stop)
      return stop
    },

    forget() {
      seenAtMs = Number.NEGATIVE_INFINITY
    },

    dispose() {
      closing.abort()
    }
  }
}

/** A service runs by itself: what is started and stopped are the models in it. */
function serviceRefusal(kind: RunnerKind): ContractError | null {
  const { name, way } = RUNNER_SPECS[kind]
  if (way !== 'service') return null
  const message = `${name} is a service that runs by itself. Make a profile of one of its models instead; it can be stopped here.`
  return { code: 'refused', message }
}

function within<T>(ms: number, work: Promise<T>, late: () => T): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const timer = setTimeout(() => resolve(late()), ms)
  void work.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}

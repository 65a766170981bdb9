import type { ContainerSettings } from '../../../shared/model/runner.ts'
import type { ContainerRecord } from '../supervisor/container-port.ts'
import { faultInWords } from './fault-words.ts'
import { findEngine, findEngines } from './find-engine.ts'
import { member, textMember } from './json.ts'
import type { EngineClient } from './engine-client.ts'
import { settingsOf } from './found-settings.ts'

const INSPECT_TIMEOUT_MS = 5_000
/** After its SIGKILL an engine has the container gone in a second or two. */
const STOP_EXTRA_MS = 20_000
const NOT_FOUND = 404
/** As engines list them. */
const SHORT_ID_CHARACTERS = 12

interface Known {
  readonly client: EngineClient
  readonly inspected: unknown
}

/** What the engine knows of containers that somebody else started. Nothing here throws. */
export interface FoundContainers {
  /** The container's name for people; null where no engine knows it. */
  name(containerId: string): Promise<string | null>
  /** The port of this machine that leads to `port` inside; null where none does. */
  hostPort(containerId: string, port: number): Promise<number | null>
  /** Asks the engine to stop it, and waits until it has; why it did not, in words, or null. */
  stop(containerId: string, graceMs: number, abort: AbortSignal): Promise<string | null>
  /** How to reach it later, and how another like it would be made; null where no engine knows it. */
  describe(
    containerId: string
  ): Promise<{ readonly record: ContainerRecord; readonly settings: ContainerSettings } | null>
}

export function createFoundContainers(env: NodeJS.ProcessEnv): FoundContainers {
  /** The engine that knows it, and what it says; else why none can be asked for it. */
  const find = async (
    containerId: string,
    abort?: AbortSignal
  ): Promise<Known | { readonly fault: string }> => {
    let fault: string | null = null
    let count = 0
    for await (const client of findEngines(env, abort)) {
      count += 1
      const found = await client.json({
        path: `/containers/${containerId}/json`,
        timeoutMs: INSPECT_TIMEOUT_MS,
        ...(abort === undefined ? {} : { abort })
      })
      if (found.ok) return { client, inspected: found.value }
      const isUnknown = found.error.kind === 'refused' && found.error.status === NOT_FOUND
      if (!isUnknown) fault ??= faultInWords('for a container', found.error).message
    }
    if (count === 0) return { fault: (await findEngine(env, abort)).report.text }
    const shortId = containerId.slice(0, SHORT_ID_CHARACTERS)
    return { fault: fault ?? `no container engine that you may use knows the container ${shortId}.` }
  }
  const inspect = async (containerId: string): Promise<unknown> => {
    const found = await find(containerId)
    return 'fault' in found ? null : found.inspected
  }
  return {
    async name(containerId) {
      return textMember(await inspect(containerId), 'Name')?.replace(/^\//, '') ?? null
    },
    async hostPort(containerId, port) {
      return hostPortOf(await inspect(containerId), port)
    },
    async describe(containerId) {
      const found = await find(containerId)
      if ('fault' in found) return null
      const { client, inspected } = found
      const image = textMember(inspected, 'Image')
      if (image === null) return null
      const path = `/images/${encodeURIComponent(image)}/json`
      const ofImage = await client.json({ path, timeoutMs: INSPECT_TIMEOUT_MS })
      const settings = settingsOf(inspected, ofImage.ok ? ofImage.value : null)
      return settings === null ? null : { record: { id: containerId, socket: client.socket }, settings }
    },
    async stop(containerId, graceMs, abort) {
      const found = await find(containerId, abort)
      if ('fault' in found) return found.fault
      const stopped = await found.client.json({
        method: 'POST',
        path: `/containers/${containerId}/stop`,
        query: { t: String(Math.ceil(graceMs / 1000)) },
        timeoutMs: graceMs + STOP_EXTRA_MS,
        abort
      })
      // One that its engine knew a moment ago is gone with its end, where it was made so.
      if (stopped.ok || (stopped.error.kind === 'refused' && stopped.error.status === NOT_FOUND)) return null
      return faultInWords('to stop a container', stopped.error).message
    }
  }
}

/** From GET /containers/ID/json; with the host's network the port inside is the one of this machine. */
export function hostPortOf(inspected: unknown, port: number): number | null {
  if (textMember(member(inspected, 'HostConfig'), 'NetworkMode') === 'host') return port
  const bindings = member(member(member(inspected, 'NetworkSettings'), 'Ports'), `${port}/tcp`)
  const first: unknown = Array.isArray(bindings) ? bindings[0] : undefined
  const found = Number(textMember(first, 'HostPort') ?? '')
  return Number.isInteger(found) && found > 0 ? found : null
}

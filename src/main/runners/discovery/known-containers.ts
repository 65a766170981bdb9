import type { Clock } from '../../platform/ports.ts'
import type { FoundContainers } from './types.ts'

/**
 * A container's name and ports stay what they are while it runs. What no engine could say is asked again after this,
 * too: an engine that does not answer takes seconds to say nothing.
 */
const BELIEVED_MS = 15_000

/** The same, asking the engine as seldom as can be; names of containers that are gone are forgotten with time. */
export function rememberContainers(containers: FoundContainers, clock: Clock): FoundContainers {
  const names = new Map<string, { readonly atMs: number; readonly answer: Promise<string | null> }>()
  const ports = new Map<string, { readonly atMs: number; readonly answer: Promise<number | null> }>()
  const remember = <T>(
    known: Map<string, { readonly atMs: number; readonly answer: Promise<T> }>,
    key: string,
    ask: () => Promise<T>
  ): Promise<T> => {
    const nowMs = clock.monotonicMs()
    for (const [one, { atMs }] of known) if (nowMs - atMs >= BELIEVED_MS) known.delete(one)
    const answer = known.get(key)?.answer ?? ask()
    if (!known.has(key)) known.set(key, { atMs: nowMs, answer })
    return answer
  }
  return {
    ...containers,
    name: (id) => remember(names, id, () => containers.name(id)),
    hostPort: (id, port) => remember(ports, `${id}:${port}`, () => containers.hostPort(id, port))
  }
}

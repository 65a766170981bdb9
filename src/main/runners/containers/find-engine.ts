import { join } from 'node:path'
import type { ContractError } from '../../../shared/contract/errors.ts'
import { createEngineClient, type EngineClient, type EngineFault } from './engine-client.ts'
import { member, textMember } from './json.ts'

/** A local engine says its version in milliseconds; Podman's is started by its socket and takes a second or two. */
const VERSION_TIMEOUT_MS = 5_000

export type EngineName = 'docker' | 'podman'

/** As the contract's engine.get. */
export interface EngineReport {
  readonly state: 'ok' | 'absent' | 'denied' | 'no-answer'
  readonly name: EngineName | null
  readonly version: string | null
  readonly socket: string | null
  readonly text: string
}

export interface FoundEngine {
  readonly report: EngineReport
  /** Null unless the state is 'ok'. */
  readonly client: EngineClient | null
}

export interface EnginePlaces {
  readonly sockets: readonly string[]
  /** Why a setting of the user's cannot be followed, in words; null: it can, or there is none. */
  readonly problem: string | null
}

/** Where an engine may listen, the user's own choice first, then as the vendors' packages place it. */
export function engineSockets(env: NodeJS.ProcessEnv): EnginePlaces {
  const given = env['DOCKER_HOST'] ?? ''
  if (given.startsWith('unix://')) return { sockets: [given.slice('unix://'.length)], problem: null }
  if (given !== '') {
    const problem =
      `DOCKER_HOST is ${withoutUser(given)}, an engine of another machine or wire. Firebreak runs containers of ` +
      'this machine only: unset DOCKER_HOST, or set it to unix:///var/run/docker.sock.'
    return { sockets: [], problem }
  }
  const runtimeDir = env['XDG_RUNTIME_DIR'] ?? ''
  const own =
    runtimeDir === '' ? [] : [join(runtimeDir, 'docker.sock'), join(runtimeDir, 'podman', 'podman.sock')]
  return { sockets: ['/var/run/docker.sock', ...own, '/run/podman/podman.sock'], problem: null }
}

/** Asks each place; the first that answers is used, else what stands in the way most nearly is told. */
export async function findEngine(env: NodeJS.ProcessEnv, abort?: AbortSignal): Promise<FoundEngine> {
  const { sockets, problem } = engineSockets(env)
  if (problem !== null) return none('absent', null, problem)
  let nearest: { readonly fault: EngineFault; readonly socket: string } | null = null
  for (const socket of sockets) {
    const client = createEngineClient(socket)
    const answer = await client.json({
      path: '/version',
      timeoutMs: VERSION_TIMEOUT_MS,
      ...(abort === undefined ? {} : { abort })
    })
    if (answer.ok) {
      const engine = readVersion(answer.value)
      if (engine !== null) {
        const text = `${engine.name === 'docker' ? 'Docker' : 'Podman'} ${engine.version ?? ''} at ${socket}`
        return { report: { state: 'ok', ...engine, socket, text }, client }
      }
      nearest ??= { fault: { kind: 'no-answer', text: `${socket} is no container engine` }, socket }
    } else if (answer.error.kind !== 'absent') nearest ??= { fault: answer.error, socket }
  }
  if (nearest === null) return none('absent', null, ABSENT)
  const { fault, socket } = nearest
  return fault.kind === 'denied'
    ? none('denied', socket, deniedText(socket))
    : none('no-answer', socket, noAnswerText(fault.text, socket))
}

/** Each engine that answers, one after the other: a container is known to the one that made it alone. */
export async function* findEngines(
  env: NodeJS.ProcessEnv,
  abort?: AbortSignal
): AsyncGenerator<EngineClient> {
  for (const socket of engineSockets(env).sockets) {
    const { client } = await findEngine({ DOCKER_HOST: `unix://${socket}` }, abort)
    if (client !== null) yield client
  }
}

const ABSENT =
  'There is no container engine. Install Docker, or Podman: sudo apt-get install podman, then ' +
  'systemctl --user enable --now podman.socket.'

const isPodmanSocket = (socket: string): boolean => socket.includes('podman')

const deniedText = (socket: string): string =>
  isPodmanSocket(socket)
    ? `You may not open ${socket}. Use Podman as yourself: systemctl --user enable --now podman.socket.`
    : `You may not open ${socket}. Join its group with: sudo usermod -aG docker $USER. Then log out and in again.`

const noAnswerText = (what: string, socket: string): string =>
  `The container engine does not answer: ${what}. Restart it with: ` +
  (isPodmanSocket(socket) ? 'systemctl --user restart podman.socket.' : 'sudo systemctl restart docker.')

const none = (
  state: 'absent' | 'denied' | 'no-answer',
  socket: string | null,
  text: string
): FoundEngine => ({
  report: { state, name: null, version: null, socket, text },
  client: null
})

/** Which engine answered GET /version; null where that is no engine's answer. */
export function readVersion(
  answer: unknown
): { readonly name: EngineName; readonly version: string | null } | null {
  if (textMember(answer, 'ApiVersion') === null) return null
  const components = member(answer, 'Components')
  const names = Array.isArray(components) ? components.map((one) => textMember(one, 'Name') ?? '') : []
  const isPodman = names.some((name) => /podman/i.test(name))
  return { name: isPodman ? 'podman' : 'docker', version: textMember(answer, 'Version') }
}

/** Addresses may carry a name and a password. */
const withoutUser = (address: string): string => address.replace(/\/\/[^@/]*@/, '//')

/** Why a launch cannot be done for want of an engine. */
export const engineProblem = ({ state, text }: EngineReport): ContractError => ({
  code: state === 'no-answer' ? 'timeout' : state === 'denied' ? 'refused' : 'runner-missing',
  message: text
})

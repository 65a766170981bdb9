import type { ContractError } from '../../../shared/contract/errors.ts'
import { err, ok, type Result } from '../../../shared/util/result.ts'
import type { LaunchPlan } from '../supervisor/adapter.ts'
import { containerName, RUNNER_LABEL } from './container-name.ts'
import type { EngineClient } from './engine-client.ts'
import { member, textMember } from './json.ts'
import { removeContainer } from './live-container.ts'
import { startFault } from './start-faults.ts'

/** Making one is quick; with a cold disk and a large image it takes seconds. */
const CREATE_TIMEOUT_MS = 60_000
const INSPECT_TIMEOUT_MS = 10_000
const NAME_TAKEN = 409

/**
 * Makes a container and says its id. One of the same runner that an earlier run left behind, and that has ended, is
 * removed for it.
 */
export async function createContainer(options: {
  readonly client: EngineClient
  readonly id: string
  readonly plan: LaunchPlan
  readonly body: unknown
  readonly abort: AbortSignal
}): Promise<Result<string, ContractError>> {
  const { client, id, plan, body, abort } = options
  const name = containerName(id)
  const create = (): ReturnType<EngineClient['json']> =>
    client.json({
      method: 'POST',
      path: '/containers/create',
      query: { name },
      body,
      timeoutMs: CREATE_TIMEOUT_MS,
      abort
    })
  let made = await create()
  if (!made.ok && made.error.kind === 'refused' && isNameTaken(made.error)) {
    const problem = await removeLeftOver(client, id)
    if (problem !== null) return err(problem)
    made = await create()
  }
  if (!made.ok) {
    // Nobody heard what came of it.
    if (made.error.kind !== 'refused') await removeLeftOver(client, id)
    return err(startFault(made.error, plan))
  }
  const containerId = textMember(made.value, 'Id')
  if (containerId !== null) return ok(containerId)
  return err({
    code: 'runner-failed',
    message: 'The container engine made a container and did not say which.'
  })
}

/** Podman answers 500 where Docker answers 409. */
const isNameTaken = ({ status, text }: { readonly status: number; readonly text: string }): boolean =>
  status === NAME_TAKEN || /name .* (?:is already in use|in use)/i.test(text)

/** Removes this runner's container where it does not run; why its name is not free, or null. */
async function removeLeftOver(client: EngineClient, id: string): Promise<ContractError | null> {
  const name = containerName(id)
  const found = await client.json({ path: `/containers/${name}/json`, timeoutMs: INSPECT_TIMEOUT_MS })
  if (!found.ok) return null
  const labels = member(member(found.value, 'Config'), 'Labels')
  const isOurs = textMember(labels, RUNNER_LABEL) === id
  const isRunning = member(member(found.value, 'State'), 'Running') === true
  const containerId = textMember(found.value, 'Id')
  if (!isOurs || isRunning || containerId === null) {
    const what = isRunning ? 'still runs' : 'is not of Firebreak'
    const message = `A container named ${name} ${what}. Remove it with: docker rm --force ${name}. Then start it again.`
    return { code: 'already-running', message }
  }
  const problem = await removeContainer(client, containerId)
  return problem === null
    ? null
    : { code: 'runner-failed', message: `The ended container ${name} cannot be removed: ${problem}.` }
}

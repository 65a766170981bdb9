import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { HeldModel } from '../../../../shared/model/runner.ts'
import { plainText } from '../../../../shared/util/plain-text.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import type { FreeOperation, ModelOperations } from '../../supervisor/adapter.ts'
import { timeLeft } from '../common/deadline.ts'
import { exchange, fetchJson, member, type Answer } from '../common/http.ts'

/** Between two looks at a load that is under way: a router answers at once and loads on. */
const LOOK_INTERVAL_MS = 250
const LIST_TIMEOUT_MS = 5_000
const QUOTED_CHARACTERS = 300
/** More than anybody keeps in a folder. */
const MOST_MODELS = 1_000

interface RouterModel extends HeldModel {
  /** Its last load failed. */
  readonly failed: boolean
}

/** Models of a router; null where nothing answers, or a server with one model does. */
async function listModels(url: string, timeoutMs: number): Promise<readonly RouterModel[] | null> {
  const data = member(await fetchJson(new URL('/models', url).href, timeoutMs), 'data')
  if (!Array.isArray(data)) return null
  const models = (data as readonly unknown[]).slice(0, MOST_MODELS).map(routerModel)
  // A server with one model lists it without a state.
  return models.some((model) => model === null) ? null : models.filter((model) => model !== null)
}

function routerModel(item: unknown): RouterModel | null {
  const name = member(item, 'id')
  const status = member(item, 'status')
  const value = member(status, 'value')
  if (typeof name !== 'string' || typeof value !== 'string') return null
  return { name, state: stateOf(value), bytes: 'unknown', failed: member(status, 'failed') === true }
}

function stateOf(value: string): HeldModel['state'] {
  switch (value) {
    case 'loaded':
    case 'loading':
    case 'sleeping':
      return value
    default:
      return 'unloaded'
  }
}

async function ask(
  url: string,
  what: 'load' | 'unload',
  model: string,
  timeoutMs: number
): Promise<Answer | null> {
  return exchange(new URL(`/models/${what}`, url).href, timeoutMs, { method: 'POST', body: { model } })
}

/** Waits until `isDone` says of the model's state that it is. */
async function untilModel(
  url: string,
  model: string,
  left: () => number,
  isDone: (found: RouterModel) => Result<void, ContractError> | null
): Promise<Result<void, ContractError>> {
  for (;;) {
    const remainingMs = left()
    const models = await listModels(url, Math.min(LIST_TIMEOUT_MS, remainingMs))
    const found = models?.find((item) => item.name === model)
    const done = found === undefined ? null : isDone(found)
    if (done !== null) return done
    if (remainingMs <= LOOK_INTERVAL_MS) {
      return err({ code: 'timeout', message: `llama-server did not say in time what became of ${model}.` })
    }
    await new Promise((wake) => setTimeout(wake, LOOK_INTERVAL_MS))
  }
}

/** What its router mode offers; a server with one model lists none. */
export const routerModels: ModelOperations = {
  list: async (url, timeoutMs) =>
    (await listModels(url, timeoutMs))?.map(({ name, state, bytes }) => ({ name, state, bytes })) ?? null,
  async load(url, model, timeoutMs) {
    const left = timeLeft(timeoutMs)
    const known = await knownModel(url, model, left)
    if (!known.ok) return known
    if (known.value.state === 'loaded') return ok(undefined)
    if (known.value.state !== 'loading') {
      const answer = await ask(url, 'load', model, left())
      if (answer === null) return err(silent(url))
      if (answer.status !== 200) return err(refused(model, 'load', answer))
    }
    let wasSeenLoading = false
    return untilModel(url, model, left, (found) => {
      if (found.state === 'loaded' || found.state === 'sleeping') return ok(undefined)
      if (found.state === 'loading') wasSeenLoading = true
      else if (found.failed || wasSeenLoading) {
        const message = `llama-server could not load ${model}. Its log says why.`
        return err({ code: 'runner-failed', message })
      }
      return null
    })
  },
  async unload(url, model, timeoutMs) {
    const left = timeLeft(timeoutMs)
    const known = await knownModel(url, model, left)
    if (!known.ok) return known
    if (known.value.state === 'unloaded') return ok(undefined)
    const answer = await ask(url, 'unload', model, left())
    if (answer === null) return err(silent(url))
    if (answer.status !== 200) return err(refused(model, 'unload', answer))
    return untilModel(url, model, left, (found) => (found.state === 'unloaded' ? ok(undefined) : null))
  }
}

/** Unloads every model of a router. One model alone cannot be let go of: its server has no API for that. */
export const routerFree: FreeOperation = {
  frees: true,
  // A model that loads, or whose page of figures does not answer, does not show in what the router is said to do.
  byItself: false,
  text:
    'Unloads every model of the folder; the next request loads it again. With one model llama-server has no way to ' +
    "let go of it: stop it, or start it with '--sleep-idle-seconds N'.",
  async free(url, timeoutMs) {
    const left = timeLeft(timeoutMs)
    const models = await listModels(url, Math.min(LIST_TIMEOUT_MS, left()))
    if (models === null) {
      return err({
        code: 'refused',
        message:
          'llama-server with one model has no way to let go of it while it runs. Stop it, or start it with ' +
          "'--sleep-idle-seconds N' among the extra arguments: it then lets go by itself after N s without work."
      })
    }
    for (const { name, state } of models) {
      if (state === 'unloaded') continue
      const unloaded = await routerModels.unload(url, name, left())
      if (!unloaded.ok) return unloaded
    }
    return ok(undefined)
  }
}

async function knownModel(
  url: string,
  model: string,
  left: () => number
): Promise<Result<RouterModel, ContractError>> {
  const models = await listModels(url, Math.min(LIST_TIMEOUT_MS, left()))
  if (models === null) return err(silent(url))
  const found = models.find((item) => item.name === model)
  if (found !== undefined) return ok(found)
  return err({
    code: 'not-found',
    message: `There is no model '${model}' in the folder of this llama-server.`
  })
}

const silent = (url: string): ContractError => ({
  code: 'not-running',
  message: `The llama-server at ${url} does not answer, or serves one model only.`
})

function refused(model: string, what: string, answer: Answer): ContractError {
  let said: unknown = null
  try {
    said = member(member(JSON.parse(answer.text), 'error'), 'message')
  } catch {
    // not every error is JSON: its number has to do
  }
  const why =
    typeof said === 'string' ? plainText(said.slice(0, QUOTED_CHARACTERS)) : `error ${answer.status}`
  return { code: 'runner-failed', message: `llama-server would not ${what} ${model}: ${why}.` }
}

import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { HeldModel } from '../../../../shared/model/runner.ts'
import { plainText } from '../../../../shared/util/plain-text.ts'
import { err, ok } from '../../../../shared/util/result.ts'
import type { FreeOperation, ModelOperations } from '../../supervisor/adapter.ts'
import { timeLeft } from '../common/deadline.ts'
import { exchange, fetchJson, member, type Answer } from '../common/http.ts'

const LIST_TIMEOUT_MS = 5_000
const QUOTED_CHARACTERS = 300
/** More than anybody keeps. */
const MOST_MODELS = 1_000

/** A model that it has, and its copies in memory. */
export interface StoredModel {
  readonly key: string
  readonly isEmbedding: boolean
  /** Of its file; what its copies take is not said. */
  readonly sizeBytes: number | null
  /** Ids of its copies in memory: the key, then 'key:2' and so on. */
  readonly instances: readonly string[]
}

/** Null where its API of version 1 does not answer. */
export async function storedModels(url: string, timeoutMs: number): Promise<readonly StoredModel[] | null> {
  const models = member(await fetchJson(new URL('/api/v1/models', url).href, timeoutMs), 'models')
  if (!Array.isArray(models)) return null
  return (models as readonly unknown[]).slice(0, MOST_MODELS).flatMap((item) => {
    const key = member(item, 'key')
    if (typeof key !== 'string' || key === '') return []
    const size = member(item, 'size_bytes')
    const loaded = member(item, 'loaded_instances')
    const instances = (Array.isArray(loaded) ? (loaded as readonly unknown[]) : []).flatMap((one) => {
      const id = member(one, 'id')
      return typeof id === 'string' && id !== '' ? [id] : []
    })
    return [
      {
        key,
        isEmbedding: member(item, 'type') === 'embedding',
        sizeBytes: typeof size === 'number' && size >= 0 ? size : null,
        instances
      }
    ]
  })
}

/** The model of a key, or that one of its copies is called so. */
export const findStored = (models: readonly StoredModel[], name: string): StoredModel | undefined =>
  models.find((model) => model.key === name) ?? models.find((model) => model.instances.includes(name))

/** What LM Studio has in memory, each copy by its id, and what it could load. */
export const lmStudioModels: ModelOperations = {
  async list(url, timeoutMs) {
    const models = await storedModels(url, timeoutMs)
    return (
      models?.flatMap(({ key, sizeBytes, instances }): HeldModel[] =>
        instances.length === 0
          ? [{ name: key, state: 'unloaded', bytes: 'unknown' }]
          : instances.map((name) => ({ name, state: 'loaded', bytes: sizeBytes ?? 'unknown' }))
      ) ?? null
    )
  },
  async load(url, model, timeoutMs) {
    const left = timeLeft(timeoutMs)
    const models = await storedModels(url, Math.min(LIST_TIMEOUT_MS, left()))
    if (models === null) return err(silent(url))
    const found = findStored(models, model)
    if (found === undefined) {
      return err({
        code: 'model-missing',
        message: `LM Studio has no model '${model}'. Get it first: lms get ${model}`
      })
    }
    // Asked again it would load a second copy beside the first.
    if (found.instances.length > 0) return ok(undefined)
    const answer = await post(url, 'load', { model: found.key }, left)
    if (answer === null) return err(silent(url))
    return answer.status === 200 ? ok(undefined) : err(refused('load', model, answer))
  },
  async unload(url, model, timeoutMs) {
    const left = timeLeft(timeoutMs)
    const models = await storedModels(url, Math.min(LIST_TIMEOUT_MS, left()))
    if (models === null) return err(silent(url))
    const found = findStored(models, model)
    if (found === undefined) {
      return err({ code: 'not-found', message: `LM Studio has no model '${model}'.` })
    }
    const ids = found.instances.includes(model) ? [model] : found.instances
    for (const id of ids) {
      const answer = await post(url, 'unload', { instance_id: id }, left)
      if (answer === null) return err(silent(url))
      if (answer.status !== 200 && answer.status !== 404) return err(refused('unload', id, answer))
    }
    return ok(undefined)
  }
}

export const lmStudioFree: FreeOperation = {
  frees: true,
  byItself: false,
  text: 'Unloads every model in LM Studio, those of others too.',
  async free(url, timeoutMs) {
    const left = timeLeft(timeoutMs)
    const models = await storedModels(url, Math.min(LIST_TIMEOUT_MS, left()))
    if (models === null) return err(silent(url))
    for (const id of models.flatMap(({ instances }) => instances)) {
      const unloaded = await lmStudioModels.unload(url, id, left())
      if (!unloaded.ok) return unloaded
    }
    return ok(undefined)
  }
}

const post = (
  url: string,
  what: 'load' | 'unload',
  body: unknown,
  left: () => number
): Promise<Answer | null> =>
  exchange(new URL(`/api/v1/models/${what}`, url).href, left(), { method: 'POST', body })

const silent = (url: string): ContractError => ({
  code: 'not-running',
  message: `The server of LM Studio at ${url} does not answer. It must be of version 0.4 or later, without an API key.`
})

function refused(what: string, model: string, answer: Answer): ContractError {
  return { code: 'runner-failed', message: `LM Studio would not ${what} ${model}: ${errorOf(answer)}.` }
}

/** '{"error":{"message":"…"}}' in words, without its full stop. */
export function errorOf(answer: Answer): string {
  let error: unknown = null
  try {
    error = member(JSON.parse(answer.text), 'error')
  } catch {
    // a proxy may answer with a page: its number has to do
  }
  const said = typeof error === 'string' ? error : member(error, 'message')
  const text = typeof said === 'string' ? plainText(said.slice(0, QUOTED_CHARACTERS)).replace(/\.$/, '') : ''
  return text === '' ? `error ${answer.status}` : text
}

import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { HeldModel } from '../../../../shared/model/runner.ts'
import { plainText } from '../../../../shared/util/plain-text.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import type { FreeOperation, ModelOperations } from '../../supervisor/adapter.ts'
import { timeLeft } from '../common/deadline.ts'
import { exchange, fetchJson, member, type Answer } from '../common/http.ts'

const LIST_TIMEOUT_MS = 5_000
/** Never unloaded by itself. */
const FOR_EVER = -1
const AT_ONCE = 0
const QUOTED_CHARACTERS = 300
/** More than anybody keeps. */
const MOST_MODELS = 1_000

/** One question to a model of any sort; an embedding model refuses to generate and is asked in its own way. */
export async function askModel(
  url: string,
  model: string,
  left: () => number,
  more: Readonly<Record<string, unknown>>
): Promise<Answer | null> {
  const generate = await exchange(new URL('/api/generate', url).href, left(), {
    method: 'POST',
    body: { model, stream: false, ...more }
  })
  if (generate === null || generate.status !== 400 || !/does not support generate/.test(generate.text)) {
    return generate
  }
  const { keep_alive: keepAlive, prompt = '' } = more
  return exchange(new URL('/api/embed', url).href, left(), {
    method: 'POST',
    body: { model, input: prompt, ...(keepAlive === undefined ? {} : { keep_alive: keepAlive }) }
  })
}

/** What Ollama has in memory, and what it could load. */
export const ollamaModels: ModelOperations = {
  async list(url, timeoutMs) {
    const left = timeLeft(timeoutMs)
    const [running, stored] = await Promise.all([
      fetchJson(new URL('/api/ps', url).href, left()),
      fetchJson(new URL('/api/tags', url).href, left())
    ])
    const loaded = namesIn(running)
    if (loaded === null) return null
    const inMemory = new Set(loaded.map(({ name }) => name))
    return [
      ...loaded.map(({ name, size }): HeldModel => ({ name, state: 'loaded', bytes: size ?? 'unknown' })),
      ...(namesIn(stored) ?? [])
        .filter(({ name }) => !inMemory.has(name))
        .map(({ name }): HeldModel => ({ name, state: 'unloaded', bytes: 'unknown' }))
    ]
  },
  load: (url, model, timeoutMs) => keep(url, model, timeoutMs, FOR_EVER, 'load'),
  unload: (url, model, timeoutMs) => keep(url, model, timeoutMs, AT_ONCE, 'unload')
}

/** Each model's process ends with it, so all it held comes back. */
export const ollamaFree: FreeOperation = {
  frees: true,
  byItself: false,
  text: 'Unloads every model in Ollama, those of others too; the next request loads its model again.',
  async free(url, timeoutMs) {
    const left = timeLeft(timeoutMs)
    const models = await ollamaModels.list(url, Math.min(LIST_TIMEOUT_MS, left()))
    if (models === null) return err(silent(url))
    for (const { name, state } of models) {
      if (state === 'unloaded') continue
      const unloaded = await ollamaModels.unload(url, name, left())
      if (!unloaded.ok) return unloaded
    }
    return ok(undefined)
  }
}

async function keep(
  url: string,
  model: string,
  timeoutMs: number,
  keepAlive: number,
  what: 'load' | 'unload'
): Promise<Result<void, ContractError>> {
  const answer = await askModel(url, model, timeLeft(timeoutMs), { keep_alive: keepAlive })
  if (answer === null) return err(silent(url))
  if (answer.status === 200) return ok(undefined)
  if (answer.status === 404) {
    return err({
      code: 'model-missing',
      message: `Ollama has no model '${model}'. Get it first: ollama pull ${model}`
    })
  }
  return err({ code: 'runner-failed', message: `Ollama would not ${what} ${model}: ${errorOf(answer)}.` })
}

function namesIn(answer: unknown): readonly { readonly name: string; readonly size: number | null }[] | null {
  const models = member(answer, 'models')
  if (!Array.isArray(models)) return null
  return (models as readonly unknown[]).slice(0, MOST_MODELS).flatMap((item) => {
    const name = member(item, 'name') ?? member(item, 'model')
    const size = member(item, 'size')
    return typeof name === 'string' && name !== ''
      ? [{ name, size: typeof size === 'number' && size >= 0 ? size : null }]
      : []
  })
}

const silent = (url: string): ContractError => ({
  code: 'not-running',
  message: `Ollama at ${url} does not answer. Look whether it runs.`
})

/** '{"error":"…"}' in words, without its full stop. */
export function errorOf(answer: Answer): string {
  let said: unknown = null
  try {
    said = member(JSON.parse(answer.text), 'error')
  } catch {
    // a proxy may answer with a page: its number has to do
  }
  const text = typeof said === 'string' ? plainText(said.slice(0, QUOTED_CHARACTERS)).replace(/\.$/, '') : ''
  return text === '' ? `error ${answer.status}` : text
}

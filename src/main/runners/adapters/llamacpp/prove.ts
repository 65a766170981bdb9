import type { Profile } from '../../../../shared/model/runner.ts'
import type { Proof } from '../../supervisor/adapter.ts'
import { timeLeft } from '../common/deadline.ts'
import { exchange, member, type Answer } from '../common/http.ts'
import { routerModels } from './router.ts'

/** Wants an API key, which the profile keeps in its extra arguments. */
const NO_KEY: ReadonlySet<number> = new Set([401, 403])
/** Set up for embeddings or ranking alone. */
const NOT_SUPPORTED = 501
const LIST_TIMEOUT_MS = 5_000
const PROMPT = 'One, two,'

/** Asks for one token: of its model, or in a router of the first that is loaded. */
export async function proveLlama(url: string, timeoutMs: number, _profile: Profile): Promise<Proof> {
  const left = timeLeft(timeoutMs)
  const models = await routerModels.list(url, Math.min(LIST_TIMEOUT_MS, left()))
  if (models === null) return oneToken(url, left, null)
  const loaded = models.find((model) => model.state === 'loaded')
  if (loaded === undefined) {
    const count = models.length === 1 ? '1 model' : `${models.length} models`
    return {
      works: true,
      text: `It answers and offers ${count}; none is loaded, so none was asked for a token.`
    }
  }
  return oneToken(url, left, loaded.name)
}

async function oneToken(url: string, left: () => number, model: string | null): Promise<Proof> {
  const timeoutMs = left()
  const answer = await exchange(new URL('/completion', url).href, timeoutMs, {
    method: 'POST',
    // Not kept: the user's own prompts have the cache.
    body: { prompt: PROMPT, n_predict: 1, cache_prompt: false, ...(model === null ? {} : { model }) }
  })
  if (answer === null) return fails(`It made no token within ${Math.round(timeoutMs / 1000)} s when asked.`)
  if (NO_KEY.has(answer.status)) {
    return { works: true, text: 'It answers and wants a key. Whether it makes tokens was not tried.' }
  }
  if (answer.status === NOT_SUPPORTED) return oneEmbedding(url, left, model)
  if (answer.status !== 200)
    return fails(`It refused to make a token: error ${answer.status}${said(answer)}.`)
  const made = member(jsonOf(answer), 'tokens_predicted')
  return typeof made === 'number' && made > 0
    ? { works: true, text: 'It made a token.' }
    : fails('It answered, but made no token.')
}

async function oneEmbedding(url: string, left: () => number, model: string | null): Promise<Proof> {
  const answer = await exchange(new URL('/embedding', url).href, left(), {
    method: 'POST',
    body: { content: PROMPT, ...(model === null ? {} : { model }) }
  })
  if (answer === null) return fails('It made no embedding in time when asked.')
  if (answer.status === 200) return { works: true, text: 'It made an embedding.' }
  // A ranker does neither; there is no question that fits every one.
  if (answer.status === NOT_SUPPORTED) return { works: true, text: 'It answers; it makes no text.' }
  return fails(`It refused to make an embedding: error ${answer.status}${said(answer)}.`)
}

const fails = (text: string): Proof => ({ works: false, text })

function jsonOf({ text }: Answer): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function said(answer: Answer): string {
  const message = member(member(jsonOf(answer), 'error'), 'message')
  return typeof message === 'string' ? `, ${message.slice(0, 200).replace(/\.$/, '')}` : ''
}

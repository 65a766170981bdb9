import type { Profile } from '../../../../shared/model/runner.ts'
import type { Proof } from '../../supervisor/adapter.ts'
import { timeLeft } from '../common/deadline.ts'
import { exchange, member } from '../common/http.ts'
import { errorOf, findStored, storedModels } from './models.ts'

const LIST_TIMEOUT_MS = 5_000
const PROMPT = 'One, two,'

/** One token of the profile's model, or an embedding. One that is not loaded is not asked: the question would load it. */
export async function proveLmStudio(url: string, timeoutMs: number, profile: Profile): Promise<Proof> {
  const left = timeLeft(timeoutMs)
  const models = await storedModels(url, Math.min(LIST_TIMEOUT_MS, left()))
  if (models === null) return fails('It does not answer at /api/v1/models.')
  const found = findStored(models, profile.modelPath)
  const [instance] = found?.instances ?? []
  if (found === undefined || instance === undefined) return fails(`${profile.modelPath} is not loaded.`)
  const answer = await exchange(
    new URL(found.isEmbedding ? '/v1/embeddings' : '/v1/completions', url).href,
    left(),
    {
      method: 'POST',
      body: found.isEmbedding
        ? { model: instance, input: PROMPT }
        : { model: instance, prompt: PROMPT, max_tokens: 1, stream: false }
    }
  )
  if (answer === null) return fails(`It made nothing within ${Math.round(timeoutMs / 1000)} s when asked.`)
  if (answer.status !== 200) return fails(`It refused to make a token: ${errorOf(answer)}.`)
  return made(answer.text)
    ? { works: true, text: found.isEmbedding ? 'It made an embedding.' : 'It made a token.' }
    : fails('It answered, but made no token.')
}

function made(text: string): boolean {
  let body: unknown = null
  try {
    body = JSON.parse(text)
  } catch {
    return false
  }
  const data = member(body, 'data')
  if (Array.isArray(data) && data.length > 0) return true
  const count = member(member(body, 'usage'), 'completion_tokens')
  if (typeof count === 'number') return count > 0
  const choices = member(body, 'choices')
  const said = Array.isArray(choices) ? member((choices as readonly unknown[])[0], 'text') : undefined
  return typeof said === 'string' && said !== ''
}

const fails = (text: string): Proof => ({ works: false, text })

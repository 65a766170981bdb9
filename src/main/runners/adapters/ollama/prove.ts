import type { Profile } from '../../../../shared/model/runner.ts'
import type { Proof } from '../../supervisor/adapter.ts'
import { timeLeft } from '../common/deadline.ts'
import { member } from '../common/http.ts'
import { askModel, errorOf } from './models.ts'

/** One token of the profile's model, or an embedding where it is a model for that. */
export async function proveOllama(url: string, timeoutMs: number, profile: Profile): Promise<Proof> {
  const answer = await askModel(url, profile.modelPath, timeLeft(timeoutMs), {
    prompt: 'One, two,',
    // How long it stays loaded is left as it is.
    options: { num_predict: 1 }
  })
  if (answer === null) return fails(`It made no token within ${Math.round(timeoutMs / 1000)} s when asked.`)
  if (answer.status !== 200) return fails(`It refused to make a token: ${errorOf(answer)}.`)
  let body: unknown = null
  try {
    body = JSON.parse(answer.text)
  } catch {
    return fails('Its answer is no JSON.')
  }
  const embeddings = member(body, 'embeddings')
  if (Array.isArray(embeddings) && embeddings.length > 0)
    return { works: true, text: 'It made an embedding.' }
  const count = member(body, 'eval_count')
  const text = member(body, 'response')
  return (typeof count === 'number' && count > 0) || (typeof text === 'string' && text !== '')
    ? { works: true, text: 'It made a token.' }
    : fails('It answered, but made no token.')
}

const fails = (text: string): Proof => ({ works: false, text })

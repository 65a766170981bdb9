import { plainText } from '../../../../shared/util/plain-text.ts'
import type { Proof } from '../../supervisor/adapter.ts'
import { timeLeft } from './deadline.ts'
import { exchange, member, type Answer } from './http.ts'

/** Enough for a model that thinks first to begin; more would only take longer. */
const MOST_TOKENS = 4
/** Of what a server says about its error. */
const QUOTED_CHARACTERS = 200
/** A key is wanted that Firebreak does not have. */
const NO_KEY: ReadonlySet<number> = new Set([401, 403])
/** The question is of a kind this model or server does not answer: 404 and 405 no such page, 501 not built in. */
const NOT_OF_THIS_KIND: ReadonlySet<number> = new Set([400, 404, 405, 422, 501])

/** One kind of work an OpenAI-compatible server can be asked for. */
interface Question {
  readonly path: string
  body(model: string): unknown
  /** The proof in words, or null where the answer holds no work. */
  done(answer: unknown): string | null
  /** What is missing, in words, when it answered 200 all the same. */
  readonly missing: string
}

/** Models without a chat template answer only the second; those that only embed, only the third. */
const QUESTIONS: readonly Question[] = [
  {
    path: '/v1/chat/completions',
    body: (model) => ({
      model,
      messages: [{ role: 'user', content: 'Say OK.' }],
      max_tokens: MOST_TOKENS,
      stream: false
    }),
    done: tokensIn,
    missing: 'It answered, but made no token.'
  },
  {
    path: '/v1/completions',
    body: (model) => ({ model, prompt: 'One, two,', max_tokens: MOST_TOKENS, stream: false }),
    done: tokensIn,
    missing: 'It answered, but made no token.'
  },
  {
    path: '/v1/embeddings',
    body: (model) => ({ model, input: 'OK' }),
    done: (answer) => {
      const embedding = member(firstOf(member(answer, 'data')), 'embedding')
      return Array.isArray(embedding) && embedding.length > 0 ? 'It made an embedding.' : null
    },
    missing: 'It answered, but made no embedding.'
  }
]

/**
 * Asks an OpenAI-compatible server for a few tokens of its first model. An answer of 200 that holds none is no proof:
 * servers were seen to answer so for hours. Settles within `timeoutMs`, never throws.
 */
export async function proveByToken(url: string, timeoutMs: number): Promise<Proof> {
  const left = timeLeft(timeoutMs)
  const listed = await exchange(new URL('/v1/models', url).href, left())
  if (listed === null) return fails('It does not answer at /v1/models.')
  if (NO_KEY.has(listed.status)) return keyWanted
  const model = member(firstOf(member(jsonOf(listed), 'data')), 'id')
  if (typeof model !== 'string' || model === '')
    return fails(`It names no model at /v1/models${why(listed)}.`)
  let refused: Answer | null = null
  for (const question of QUESTIONS) {
    const answer = await exchange(new URL(question.path, url).href, left(), {
      method: 'POST',
      body: question.body(model)
    })
    if (answer === null) return fails(`It made nothing within ${Math.round(timeoutMs / 1000)} s when asked.`)
    if (NO_KEY.has(answer.status)) return keyWanted
    if (answer.status === 200) {
      const text = question.done(jsonOf(answer))
      return text === null ? fails(question.missing) : { works: true, text }
    }
    // What it says to the first question tells most: the later ones are tried only for other sorts of models.
    refused ??= answer
    if (!NOT_OF_THIS_KIND.has(answer.status)) break
  }
  return fails(`It refused to make a token${refused === null ? '' : why(refused)}.`)
}

const fails = (text: string): Proof => ({ works: false, text })

/** It guards its door, so it lives; whether it works was not tried, and the words say so. */
const keyWanted: Proof = {
  works: true,
  text: 'It answers and wants a key. Whether it makes tokens was not tried.'
}

/** Text, thoughts or a call of a tool: whatever it made; what its own count says where it shows none of them. */
function tokensIn(answer: unknown): string | null {
  const choice = firstOf(member(answer, 'choices'))
  const message = member(choice, 'message')
  const made = [
    member(message, 'content'),
    member(message, 'reasoning_content'),
    member(message, 'reasoning'),
    member(choice, 'text')
  ].some((text) => typeof text === 'string' && text !== '')
  const usage = member(answer, 'usage')
  const counted = [
    member(usage, 'completion_tokens'),
    member(member(usage, 'completion_tokens_details'), 'reasoning_tokens')
  ].some((count) => typeof count === 'number' && count > 0)
  return made || counted ? 'It made a token.' : null
}

const firstOf = (list: unknown): unknown =>
  Array.isArray(list) ? (list as readonly unknown[])[0] : undefined

function jsonOf({ text }: Answer): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** ': error 500, what it says', in the shapes of OpenAI, vLLM and FastAPI; nothing for a 200. */
function why(answer: Answer): string {
  if (answer.status === 200) return ''
  const body = jsonOf(answer)
  const said = [
    member(member(body, 'error'), 'message'),
    member(body, 'message'),
    member(body, 'detail')
  ].find((text) => typeof text === 'string')
  const quoted = typeof said === 'string' ? plainText(said.slice(0, QUOTED_CHARACTERS)) : ''
  return `: error ${answer.status}${quoted === '' ? '' : `, ${quoted.replace(/\.$/, '')}`}`
}

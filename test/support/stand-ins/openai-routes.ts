import type { Reply, Routes } from './http-stand-in.ts'

/** How the model behind a stand-in behaves. */
export interface Behaviour {
  /**
   * tokens: as it should. thoughts: a model that thinks first, cut off before its text. none: 200 without tokens. error: 500. base: no chat
   * template. embeds: a model that makes embeddings only. key: wants an API key.
   */
  readonly answers?: 'tokens' | 'thoughts' | 'none' | 'error' | 'base' | 'embeds' | 'key'
  readonly running?: number
  readonly waiting?: number
}

/** What its metrics count. */
export interface Counts {
  tokens: number
}

const badRequest = (message: string): Reply => [
  400,
  { error: { message, type: 'BadRequestError', param: null, code: 400 } }
]

/**
 * STAND-IN for the OpenAI-compatible part that these servers share, from the OpenAI API reference
 * (platform.openai.com/docs/api-reference: models, chat, completions, embeddings) and vLLM's additions to it
 * ('reasoning_content', errors as {error:{message,type,code}}; docs.vllm.ai/en/stable/serving/openai_compatible_server).
 */
export function openAiRoutes(model: string, { answers = 'tokens' }: Behaviour, counts: Counts): Routes {
  const usage = (completion: number) => ({
    prompt_tokens: 4,
    completion_tokens: completion,
    total_tokens: 4 + completion
  })
  const isUnknown = (body: unknown): boolean => (body as { model?: string }).model !== model
  const unknownModel: Reply = [404, { error: { message: 'The model does not exist.', code: 404 } }]
  const made = (body: unknown, choice: object): Reply => {
    if (isUnknown(body)) return unknownModel
    if (answers === 'error') return [500, { error: { message: 'EngineCore died.', code: 500 } }]
    const tokens = answers === 'none' ? 0 : (body as { max_tokens: number }).max_tokens
    counts.tokens += tokens
    return [200, { id: 'cmpl-1', model, choices: [{ index: 0, ...choice }], usage: usage(tokens) }]
  }
  const noKey: Reply = [401, { error: 'Unauthorized' }]
  return {
    'GET /v1/models': () =>
      answers === 'key' ? noKey : [200, { object: 'list', data: [{ id: model, object: 'model' }] }],
    'POST /v1/chat/completions': (body) => {
      if (answers === 'base') return badRequest('default chat template is no longer allowed')
      if (answers === 'embeds') return badRequest('The model does not support Chat Completions API')
      const content = answers === 'none' ? '' : answers === 'thoughts' ? null : 'OK'
      const thoughts = answers === 'thoughts' ? { reasoning_content: 'The user' } : {}
      return made(body, { message: { role: 'assistant', content, ...thoughts } })
    },
    'POST /v1/completions': (body) =>
      answers === 'embeds'
        ? badRequest('The model does not support Completions API')
        : made(body, { text: answers === 'none' ? '' : ' three' }),
    'POST /v1/embeddings': (body) => {
      if (answers !== 'embeds') return [404, { detail: 'Not Found' }]
      if (isUnknown(body)) return unknownModel
      return [200, { object: 'list', model, data: [{ index: 0, embedding: [0.1, 0.2] }] }]
    }
  }
}

import { afterEach, describe, expect, test } from 'vitest'
import { proveByToken } from '../../../../../src/main/runners/adapters/common/openai.ts'
import { standIn, type Routes, type StandIn } from '../../../../support/stand-ins/http-stand-in.ts'
import { openAiRoutes, type Behaviour } from '../../../../support/stand-ins/openai-routes.ts'

const MODEL = 'owner/model'
const TIMEOUT_MS = 5_000
let server: StandIn | null = null
afterEach(async () => {
  await server?.close()
  server = null
})

async function prove(routes: Routes) {
  server = await standIn(routes)
  return proveByToken(server.url, TIMEOUT_MS)
}
const behaving = (answers: NonNullable<Behaviour['answers']>) =>
  prove(openAiRoutes(MODEL, { answers }, { tokens: 0 }))

describe('proof by a token', () => {
  test.each(['tokens', 'thoughts'] as const)('a model that makes %s works', async (answers) => {
    expect(await behaving(answers)).toEqual({ works: true, text: 'It made a token.' })
    expect(server?.asked).toEqual(['GET /v1/models', 'POST /v1/chat/completions'])
  })
  test('one without a chat template is asked to go on with a text', async () => {
    expect(await behaving('base')).toMatchObject({ works: true })
    expect(server?.asked.at(-1)).toBe('POST /v1/completions')
  })
  test('one that only embeds is asked for an embedding', async () => {
    expect(await behaving('embeds')).toEqual({ works: true, text: 'It made an embedding.' })
  })
  test('200 without tokens is no proof', async () => {
    expect(await behaving('none')).toEqual({ works: false, text: 'It answered, but made no token.' })
  })
  test('an error is said with its words, and it is not asked again in another way', async () => {
    expect(await behaving('error')).toEqual({
      works: false,
      text: 'It refused to make a token: error 500, EngineCore died.'
    })
    expect(server?.asked).toHaveLength(2)
  })
  test('one that wants a key is alive, and the words say that it was not tried', async () => {
    expect(await behaving('key')).toMatchObject({ works: true, text: expect.stringContaining('not tried') })
  })
  test.each([
    ['no model', { object: 'list', data: [] }],
    ['a model without a name', { data: [{}] }],
    ['odd things', { data: 7 }]
  ])('%s in the list is no proof', async (_what, list) => {
    const proof = await prove({ 'GET /v1/models': () => [200, list] })
    expect(proof).toMatchObject({ works: false, text: expect.stringContaining('/v1/models') })
  })
  test('only the number of thoughts in the count is a token, too', async () => {
    const proof = await prove({
      'GET /v1/models': () => [200, { data: [{ id: MODEL }] }],
      'POST /v1/chat/completions': () => [
        200,
        {
          choices: [{ message: { content: null } }],
          usage: { completion_tokens_details: { reasoning_tokens: 3 } }
        }
      ]
    })
    expect(proof.works).toBe(true)
  })
  test("words of a server's error are one plain line of bounded length", async () => {
    const proof = await prove({
      'GET /v1/models': () => [500, { detail: `a\nb\u001B[31m${'x'.repeat(9_000)}` }]
    })
    expect(proof.works).toBe(false)
    expect(proof.text.length).toBeLessThan(400)
    expect(proof.text).not.toMatch(/\p{Cc}/u)
  })
})

import { createServer, type Server } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { llamaCppAdapter } from '../../../../../src/main/runners/adapters/llamacpp/adapter.ts'
import { lmStudioAdapter } from '../../../../../src/main/runners/adapters/lmstudio/adapter.ts'
import { ollamaAdapter } from '../../../../../src/main/runners/adapters/ollama/adapter.ts'
import type { Profile } from '../../../../../src/shared/model/runner.ts'

const SHORT_MS = 300
let server: Server | null = null

/** Answers every path with this; null: never. */
async function serving(answer: { status: number; text: string } | null): Promise<string> {
  const one = createServer((_, response) => {
    if (answer === null) return
    response.writeHead(answer.status)
    response.end(answer.text)
  })
  server = one
  await new Promise<void>((done) => one.listen(0, '127.0.0.1', done))
  const address = one.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}

afterEach(async () => {
  const one = server
  server = null
  one?.closeAllConnections()
  if (one !== null) await new Promise((done) => one.close(done))
})

const profile = (kind: 'ollama' | 'lmstudio'): Profile => ({
  id: 'a',
  label: 'a',
  kind,
  modelPath: 'm',
  settings: {},
  restartOnCrash: false,
  importance: 'normal',
  pinned: false,
  floorBytes: null,
  lan: false,
  container: null
})

const BAD = [
  ['no JSON', { status: 200, text: '<html>' }],
  ['JSON of another shape', { status: 200, text: '{"models":{"a":1},"data":7}' }],
  ['null', { status: 200, text: 'null' }],
  ['rows of rubbish', { status: 200, text: '{"models":[null,7,{"name":3,"key":{}}],"data":[null]}' }],
  ['an error', { status: 500, text: '{"error":"broken"}' }],
  ['nothing, ever', null]
] as const

describe.each(BAD)('an API that answers %s', (_, answer) => {
  test.each([ollamaAdapter, lmStudioAdapter, llamaCppAdapter])('$kind', async (adapter) => {
    const url = await serving(answer)
    const listed = await adapter.models?.list(url, SHORT_MS)
    expect(listed === null || listed?.length === 0).toBe(true)
    expect(await adapter.activity(url, SHORT_MS)).toBeNull()
    const proof = await adapter.prove(
      url,
      SHORT_MS,
      profile(adapter.kind === 'ollama' ? 'ollama' : 'lmstudio')
    )
    expect(proof.works).toBe(false)
    expect(proof.text).toMatch(/^\S.*\.$/)
    const loaded = await adapter.models?.load(url, 'm', SHORT_MS)
    if (answer?.status === 200 && adapter.kind === 'ollama') return
    expect(loaded?.ok).toBe(false)
  })
})

test('nobody listens', async () => {
  const url = await serving(null)
  const one = server
  server = null
  one?.closeAllConnections()
  await new Promise((done) => one?.close(done))
  for (const adapter of [ollamaAdapter, lmStudioAdapter, llamaCppAdapter]) {
    expect(await adapter.probe(url, SHORT_MS)).toBe('no-answer')
    expect(await adapter.models?.list(url, SHORT_MS)).toBeNull()
    expect(await adapter.free?.free(url, SHORT_MS)).toMatchObject({ ok: false })
  }
})

import { afterEach, describe, expect, test } from 'vitest'
import { ADAPTERS } from '../../../../../src/main/runners/adapters/registry.ts'
import { sglangAdapter } from '../../../../../src/main/runners/adapters/sglang/adapter.ts'
import { trtllmAdapter } from '../../../../../src/main/runners/adapters/trtllm/adapter.ts'
import { vllmAdapter } from '../../../../../src/main/runners/adapters/vllm/adapter.ts'
import type { RunnerAdapter } from '../../../../../src/main/runners/supervisor/adapter.ts'
import { standIn, type Routes, type StandIn } from '../../../../support/stand-ins/http-stand-in.ts'
import { sglangRoutes } from '../../../../support/stand-ins/sglang.ts'
import { trtllmRoutes } from '../../../../support/stand-ins/trtllm.ts'
import { vllmRoutes } from '../../../../support/stand-ins/vllm.ts'

const MODEL = 'owner/model'
const TIMEOUT_MS = 5_000
let server: StandIn | null = null
afterEach(async () => {
  await server?.close()
  server = null
})

async function free(adapter: RunnerAdapter, routes: Routes) {
  server = await standIn(routes)
  return adapter.free?.free(server.url, TIMEOUT_MS)
}
const asked = (): readonly string[] => server?.asked.filter((line) => line.startsWith('POST')) ?? []

describe('vLLM gives memory back', () => {
  test('by sleep of level 2, never of level 1, which frees nothing here', async () => {
    expect(await free(vllmAdapter, vllmRoutes(MODEL, { sleepMode: true }))).toEqual({
      ok: true,
      value: undefined
    })
    expect(asked()).toEqual(['POST /sleep?level=2'])
  })
  test('only where sleep mode is on', async () => {
    expect(await free(vllmAdapter, vllmRoutes(MODEL))).toMatchObject({
      error: { code: 'refused', message: expect.stringContaining("Switch 'Sleep mode' on") }
    })
    expect(asked()).toEqual([])
  })
  test('not under a request', async () => {
    expect(await free(vllmAdapter, vllmRoutes(MODEL, { sleepMode: true, running: 2 }))).toMatchObject({
      error: { code: 'refused', message: expect.stringContaining('2 requests') }
    })
    expect(asked()).toEqual([])
  })
  test('not where it does not say whether a request runs', async () => {
    const routes = vllmRoutes(MODEL, { sleepMode: true })
    for (const answer of [[404], [200, '# no figures\n'], [500, 'vllm:num_requests_running 0\n']] as const) {
      expect(await free(vllmAdapter, { ...routes, 'GET /metrics': () => answer })).toMatchObject({
        error: { code: 'refused', message: expect.stringContaining('metrics are missing') }
      })
      expect(asked()).toEqual([])
      await server?.close()
    }
  })
  test('and says so where it fails', async () => {
    const routes = { ...vllmRoutes(MODEL, { sleepMode: true }), 'POST /sleep': (): [number] => [500] }
    expect(await free(vllmAdapter, routes)).toMatchObject({
      error: { code: 'runner-failed', message: expect.stringMatching(/error 500.*Stop it/) }
    })
  })
})

describe('SGLang gives memory back', () => {
  test('weights and cache', async () => {
    expect(await free(sglangAdapter, sglangRoutes(MODEL, { memorySaver: true }))).toMatchObject({ ok: true })
    expect(asked()).toEqual(['POST /release_memory_occupation'])
  })
  test('not without its memory saver: it would answer 200 and free nothing', async () => {
    expect(await free(sglangAdapter, sglangRoutes(MODEL))).toMatchObject({ error: { code: 'refused' } })
    expect(asked()).toEqual([])
  })
  test('not where it does not say whether it has requests', async () => {
    const routes = { ...sglangRoutes(MODEL, { memorySaver: true }), 'GET /metrics': (): [number] => [404] }
    expect(await free(sglangAdapter, routes)).toMatchObject({
      error: { code: 'refused', message: expect.stringContaining('metrics are missing') }
    })
    expect(asked()).toEqual([])
  })
  test('not while a request runs or waits: its scheduler would end', async () => {
    expect(await free(sglangAdapter, sglangRoutes(MODEL, { memorySaver: true, waiting: 1 }))).toMatchObject({
      error: { code: 'refused', message: expect.stringContaining('1 request.') }
    })
  })
})

test('the guard may ask only those that free nothing of others and come back by themselves', () => {
  const asked = Object.values(ADAPTERS).filter((adapter) => adapter.free?.byItself === true)
  expect(asked.map(({ kind }) => kind)).toEqual(['comfyui'])
})

test('TensorRT-LLM would only copy to host memory: it is not asked', async () => {
  expect(trtllmAdapter.free).toMatchObject({
    frees: false,
    text: expect.stringContaining('nothing would come back')
  })
  expect(await free(trtllmAdapter, trtllmRoutes(MODEL))).toMatchObject({ error: { code: 'refused' } })
  expect(server?.asked).toEqual([])
})

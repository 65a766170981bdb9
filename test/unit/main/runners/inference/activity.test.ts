import { afterEach, describe, expect, test } from 'vitest'
import { nimAdapter } from '../../../../../src/main/runners/adapters/nim/adapter.ts'
import { sglangAdapter } from '../../../../../src/main/runners/adapters/sglang/adapter.ts'
import { trtllmAdapter } from '../../../../../src/main/runners/adapters/trtllm/adapter.ts'
import { vllmAdapter } from '../../../../../src/main/runners/adapters/vllm/adapter.ts'
import type { RunnerAdapter } from '../../../../../src/main/runners/supervisor/adapter.ts'
import { standIn, type Routes, type StandIn } from '../../../../support/stand-ins/http-stand-in.ts'
import { nimRoutes } from '../../../../support/stand-ins/nim.ts'
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

async function look(adapter: RunnerAdapter, routes: Routes, timeoutMs = TIMEOUT_MS) {
  server = await standIn(routes)
  return adapter.activity(server.url, timeoutMs)
}
const IDLE = { busy: false, requestsRunning: 0, requestsWaiting: 0, tokensPerS: 0 }

describe.each([
  ['vllm', vllmAdapter, vllmRoutes],
  ['sglang', sglangAdapter, sglangRoutes],
  ['nim', nimAdapter, nimRoutes]
] as const)('what %s does, from its metrics', (_kind, adapter, routes) => {
  test('nothing', async () => {
    expect(await look(adapter, routes(MODEL))).toEqual(IDLE)
    expect(server?.asked).toHaveLength(1)
  })
  test('requests run and wait, and tokens come', async () => {
    const activity = await look(adapter, routes(MODEL, { running: 3, waiting: 2, tokensPerLook: 50 }))
    expect(activity).toMatchObject({ busy: true, requestsRunning: 3, requestsWaiting: 2 })
    expect(activity?.tokensPerS).toBeGreaterThan(0)
    expect(activity?.tokensPerS).toBeLessThanOrEqual(50)
  })
  test('requests run, and no token comes: 0 is then a figure', async () => {
    expect(await look(adapter, routes(MODEL, { running: 1 }))).toMatchObject({ busy: true, tokensPerS: 0 })
  })
  test('too little time for a second reading: the rate is not known', async () => {
    const activity = await look(adapter, routes(MODEL, { running: 1, tokensPerLook: 9 }), 900)
    expect(activity).toMatchObject({ busy: true, tokensPerS: 'unknown' })
  })
  test('a counter that went back gives no rate', async () => {
    expect(await look(adapter, routes(MODEL, { running: 1, tokensPerLook: -1 }))).toMatchObject({
      tokensPerS: 'unknown'
    })
  })
})

test('SGLang without metrics says nothing', async () => {
  expect(await look(sglangAdapter, sglangRoutes(MODEL, { metrics: false }))).toBeNull()
})

test('metrics without the figures that are wanted say nothing', async () => {
  expect(await look(vllmAdapter, { 'GET /metrics': () => [200, 'python_info 1.0\n'] })).toBeNull()
})

test('waiting requests alone make it busy', async () => {
  const routes = { 'GET /metrics': (): [number, string] => [200, 'vllm:num_requests_waiting 4\n'] }
  expect(await look(vllmAdapter, routes)).toEqual({
    busy: true,
    requestsRunning: 'unknown',
    requestsWaiting: 4,
    tokensPerS: 'unknown'
  })
})

describe('what TensorRT-LLM does, from the steps of its engine', () => {
  test('nothing', async () => {
    expect(await look(trtllmAdapter, trtllmRoutes(MODEL))).toEqual(IDLE)
  })
  test('requests run and wait, each making a token in every step of 20 ms', async () => {
    expect(await look(trtllmAdapter, trtllmRoutes(MODEL, { running: 2, waiting: 1 }))).toEqual({
      busy: true,
      requestsRunning: 2,
      requestsWaiting: 1,
      tokensPerS: 100
    })
  })
  test('an empty list may be idleness or a switch that is off: it says nothing', async () => {
    expect(await look(trtllmAdapter, trtllmRoutes(MODEL, { iterationStats: false }))).toBeNull()
  })
  test.each([[{}], [[{}]], [[null]], [[{ numActiveRequests: 'two' }]], [[{ numActiveRequests: -1 }]]])(
    'odd steps say nothing: %j',
    async (steps) => {
      expect(await look(trtllmAdapter, { 'GET /metrics': () => [200, steps] })).toBeNull()
    }
  )
  test('steps without their times give no rate', async () => {
    const steps = [{ numActiveRequests: 1, numQueuedRequests: 0 }]
    expect(await look(trtllmAdapter, { 'GET /metrics': () => [200, steps] })).toMatchObject({
      busy: true,
      tokensPerS: 'unknown'
    })
  })
})

import { afterAll, beforeAll, expect } from 'vitest'

// Every suite: what it started must be gone when it ends. Counted by kind of libuv resource.
const WATCHED = new Set([
  'Timeout',
  'ChildProcess',
  'TCPServerWrap',
  'TCPSocketWrap',
  'PipeWrap',
  'FSEventWrap',
  'StatWatcher'
])

const count = (): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) {
    if (WATCHED.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}

let before = new Map<string, number>()

beforeAll(() => {
  before = count()
})

afterAll(async () => {
  const leaks = (): string[] =>
    [...count()].filter(([kind, n]) => n > (before.get(kind) ?? 0)).map(([kind, n]) => `${kind} ×${n}`)
  // Closing is asynchronous in libuv: wait for the state, within a bound.
  const deadline = performance.now() + 2_000
  while (leaks().length > 0 && performance.now() < deadline) await new Promise((done) => setImmediate(done))
  expect(leaks(), 'resources still open at the end of the suite').toEqual([])
})

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ADAPTERS } from '../../../../../src/main/runners/adapters/registry.ts'
import { RUNNER_KINDS } from '../../../../../src/shared/model/runner.ts'
import { HOSTILE, hostileServer, type HostileServer } from './hostile-servers.ts'
import { makeConformanceHome, subjectOf, type ConformanceHome } from './subjects.ts'

/** Given to each question; that all settle at all is held by the time limit of the test. */
const TIMEOUT_MS = 150
/** Those that may be taken for ready: they answer 200, and only what follows is wrong. */
const SAYS_200 = /^(?:answers (?!500|404)|never ends|stops in|breaks off)/

let home: ConformanceHome
let server: HostileServer | null = null
beforeAll(() => {
  home = makeConformanceHome()
})
afterAll(() => home.remove())
afterEach(() => {
  server?.dispose()
  server = null
})

describe.each(RUNNER_KINDS)('%s at a server that', (kind) => {
  const adapter = ADAPTERS[kind]
  const { isAsked } = subjectOf(kind)
  test.each(HOSTILE)('%s', async (name) => {
    server = await hostileServer(name)
    const { url } = server
    const [readiness, proof, activity, listed, loaded, unloaded, freed] = await Promise.all([
      adapter.probe(url, TIMEOUT_MS),
      adapter.prove(url, TIMEOUT_MS, home.profile(kind)),
      adapter.activity(url, TIMEOUT_MS),
      adapter.models?.list(url, TIMEOUT_MS) ?? null,
      adapter.models?.load(url, 'model', TIMEOUT_MS) ?? null,
      adapter.models?.unload(url, 'model', TIMEOUT_MS) ?? null,
      adapter.free?.free(url, TIMEOUT_MS) ?? null
    ])
    expect(['ready', 'loading', 'no-answer']).toContain(readiness)
    expect(proof.text.trim()).not.toBe('')
    if (isAsked) expect(proof.works).toBe(false)
    const figures = [activity?.requestsRunning, activity?.requestsWaiting, activity?.tokensPerS]
    for (const figure of figures) {
      expect(figure === undefined || typeof figure === 'string' || Number.isFinite(figure)).toBe(true)
    }
    expect(listed === null || Array.isArray(listed)).toBe(true)
    for (const done of [loaded, unloaded, freed]) {
      if (done !== null && !done.ok) expect(done.error.message.trim()).not.toBe('')
    }
    if (!isAsked || SAYS_200.test(name)) return
    expect(readiness).not.toBe('ready')
    expect(activity?.busy ?? 'unknown').toBe('unknown')
    expect(listed).toBeNull()
  })
})

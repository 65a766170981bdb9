import { chmodSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPlanner, type Planned, type Planner } from '../../src/main/estimates/planner/planner.ts'
import type { LlamaCppProfile } from '../../src/shared/model/runner.ts'
import { llamaServerOrSkip, needsLlamaServer } from '../support/llama-server.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { isAlive, until } from '../support/until.ts'
import { llamaCppProfile } from '../support/llamacpp-profile.ts'

const MIB = 1024 ** 2
/** Far more than a stand-in needs, far less than a test waits. */
const PATIENCE_MS = 20_000

let dir: string
let planners: Planner[]
let nowMs: number
const clock = { monotonicMs: () => nowMs }
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'firebreak-planner-'))
  planners = []
  nowMs = 0
})
afterEach(() => {
  for (const planner of planners) planner.dispose()
  rmSync(dir, { recursive: true, force: true })
})

const plannerOf = (server: string | null, timeoutMs = PATIENCE_MS): Planner => {
  const planner = createPlanner({ clock, serverOf: async () => server, env: process.env, timeoutMs })
  planners.push(planner)
  return planner
}

describe('a planner that is a stand-in', () => {
  /** A llama-fit-params that does this, beside a llama-server. */
  const standIn = (text: string): string => {
    const path = join(dir, 'llama-fit-params')
    writeFileSync(path, `#!/bin/sh\n${text}\n`)
    chmodSync(path, 0o755)
    return join(dir, 'llama-server')
  }
  const model = (): string => makeGguf(join(dir, 'tiny.gguf'))
  const COUNTED = `echo called >> "$(dirname "$0")/calls"\necho "Host 1 2 3 "`
  const calls = (): number => readFileSync(join(dir, 'calls'), 'utf8').split('\n').length - 1

  it('is asked once for the same, and again when program, model or settings change', async () => {
    const planner = plannerOf(standIn(COUNTED))
    const path = model()
    const answer = await planner.ask(llamaCppProfile(path))
    expect(answer).toMatchObject({ kind: 'plan', plan: { host: { computeBytes: 3 * MIB } } })
    expect(await planner.ask(llamaCppProfile(path))).toEqual(answer)
    expect(calls()).toBe(1)
    await planner.ask(llamaCppProfile(path, { contextTokens: 4096 }))
    expect(calls()).toBe(2)
    utimesSync(path, 1, 1)
    await planner.ask(llamaCppProfile(path))
    expect(calls()).toBe(3)
    utimesSync(join(dir, 'llama-fit-params'), 1, 1)
    await planner.ask(llamaCppProfile(path))
    expect(calls()).toBe(4)
  })

  it('is asked with each argument as it is: no shell reads them', async () => {
    const server = standIn(`printf '%s\\n' "$@" > "$(dirname "$0")/args"\necho "Host 1 2 3 "`)
    const path = makeGguf(join(dir, 'a $(touch pwned) b;c.gguf'))
    expect((await plannerOf(server).ask(llamaCppProfile(path))).kind).toBe('plan')
    expect(readFileSync(join(dir, 'args'), 'utf8').split('\n').slice(0, 2)).toEqual(['-m', path])
  })

  it.each([
    ['garbage', 'echo "what?"', 'not understood'],
    ['nothing', 'true', 'not understood'],
    ['another code', 'echo "Host 1 2 3 "; exit 3', 'code 3'],
    ['its own death', 'kill -9 $$', 'SIGKILL'],
    ['more than an answer', 'while :; do echo "CUDA0 1 2 3 "; done', 'more than an answer']
  ])('of %s is no answer, and is asked again the next time', async (_, text, words) => {
    const planner = plannerOf(standIn(text))
    const path = model()
    expect(await planner.ask(llamaCppProfile(path))).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining(words)
    })
    standIn(COUNTED)
    expect((await planner.ask(llamaCppProfile(path))).kind).toBe('plan')
  })

  it('is ended at its deadline, with what it started', async () => {
    const pidFile = join(dir, 'pid')
    const server = standIn(`sleep 1000 &\necho $! > ${pidFile}\nwait`)
    const answer = await plannerOf(server, 300).ask(llamaCppProfile(model()))
    expect(answer).toMatchObject({ kind: 'failed', why: expect.stringContaining('did not answer within') })
    const pid = Number(readFileSync(pidFile, 'utf8'))
    await until('the planner to be gone', () => !isAlive(pid))
  })

  it('is left alone for a minute where it did not answer, and asked again where it is another build', async () => {
    const server = standIn(`${COUNTED}\nsleep 1000`)
    const planner = plannerOf(server, 1_000)
    const path = model()
    const isLate = (one: Planned): boolean => one.kind === 'failed' && one.why.includes('within')
    const late = { kind: 'failed', why: expect.stringContaining('did not answer within') }
    const alone = { kind: 'failed', why: expect.stringContaining('not asked again yet') }
    const others = [1024, 2048].map((contextTokens) =>
      planner.ask({ ...llamaCppProfile(path, { contextTokens }), id: `of-${contextTokens}` })
    )
    // Which of them comes first is not said.
    expect((await Promise.all(others)).toSorted((one) => (isLate(one) ? -1 : 1))).toMatchObject([late, alone])
    expect(await planner.ask(llamaCppProfile(path))).toMatchObject(alone)
    nowMs = 59_999
    expect(await planner.ask(llamaCppProfile(path))).toMatchObject(alone)
    expect(calls()).toBe(1)
    nowMs = 60_000
    expect(await planner.ask(llamaCppProfile(path))).toMatchObject(late)
    expect(calls()).toBe(2)
    standIn(COUNTED)
    expect((await planner.ask(llamaCppProfile(path))).kind).toBe('plan')
  })

  it('starts no debugger where it crashes', async () => {
    const server = standIn(`echo "Host $GGML_NO_BACKTRACE 2 3 "`)
    expect(await plannerOf(server).ask(llamaCppProfile(model()))).toMatchObject({
      plan: { host: { modelBytes: MIB } }
    })
  })

  it('is ended when nobody asks any more', async () => {
    const pidFile = join(dir, 'pid')
    const planner = plannerOf(standIn(`echo $$ > ${pidFile}\nexec sleep 1000`))
    const asked = planner.ask(llamaCppProfile(model()))
    const pid = await until('the planner to run', () => Number(readIfThere(pidFile)) || null)
    planner.dispose()
    expect((await asked).kind).toBe('failed')
    await until('the planner to be gone', () => !isAlive(pid))
  })

  it('answers of a slider that moves only the last question', async () => {
    const server = standIn(`${COUNTED}\nsleep 0.2`)
    const planner = plannerOf(server)
    const path = model()
    const asked = [1, 2, 3, 4, 5].map((n) => planner.ask(llamaCppProfile(path, { contextTokens: n * 1024 })))
    const kinds = (await Promise.all(asked)).map(({ kind }) => kind)
    expect(kinds.at(-1)).toBe('plan')
    expect(kinds.filter((kind) => kind === 'plan').length).toBeLessThan(3)
  })

  it('answers the last question though what it needs was found before what an earlier one needs', async () => {
    const server = standIn(`${COUNTED}\nsleep 0.2`)
    const path = model()
    const found = Promise.withResolvers<string>()
    const planner = createPlanner({
      clock,
      serverOf: ({ settings }) => (settings.contextTokens === 1024 ? found.promise : Promise.resolve(server)),
      env: process.env
    })
    planners.push(planner)
    const busy = planner.ask({ ...llamaCppProfile(path), id: 'other' })
    const earlier = planner.ask(llamaCppProfile(path, { contextTokens: 1024 }))
    const later = planner.ask(llamaCppProfile(path, { contextTokens: 2048 }))
    await until('the first to run', () => readIfThere(join(dir, 'calls')) !== '')
    found.resolve(server)
    expect((await later).kind).toBe('plan')
    expect((await earlier).kind).toBe('failed')
    expect((await busy).kind).toBe('plan')
  })

  it.each([
    ['there is no server', null],
    ['there is none beside it', '/nowhere/llama-server']
  ])('is absent where %s', async (_, server) => {
    expect(await plannerOf(server).ask(llamaCppProfile(model()))).toEqual({ kind: 'absent' })
  })

  it('is absent for a container, and for a model that is not there', async () => {
    const planner = plannerOf(standIn(COUNTED))
    const container = { image: 'x', gpus: true, shmMiB: 0, hostIpc: false, mounts: [], env: [] }
    expect(await planner.ask({ ...llamaCppProfile(model()), container })).toEqual({ kind: 'absent' })
    expect(await planner.ask(llamaCppProfile(join(dir, 'gone.gguf')))).toEqual({ kind: 'absent' })
  })
})

const readIfThere = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const found = await llamaServerOrSkip()

describe('the planner of a real llama.cpp', () => {
  beforeEach(needsLlamaServer(found))
  const server = 'path' in found ? found.path : ''

  it("says what its server will take, and grows with context and not with the server's own options", async () => {
    const shape = {
      layers: 8,
      embedding: 512,
      feedForward: 1024,
      heads: 8,
      headsKv: 8,
      contextLength: 65_536
    }
    const path = makeGguf(join(dir, 'm.gguf'), shape)
    const planner = plannerOf(server)
    const kvOf = async (more: Partial<LlamaCppProfile['settings']>): Promise<number> => {
      const answer = await planner.ask(llamaCppProfile(path, more))
      if (answer.kind !== 'plan') throw new Error(JSON.stringify(answer))
      return [...answer.plan.devices, answer.plan.host].reduce((sum, row) => sum + row.contextBytes, 0)
    }
    // 8 layers × 512 × K and V × 2 bytes.
    expect(await kvOf({ contextTokens: 16_384 })).toBe(8 * 512 * 2 * 2 * 16_384)
    expect(await kvOf({ contextTokens: 32_768, parallelSlots: 4 })).toBe(8 * 512 * 2 * 2 * 32_768)
    const q8 = ['--metrics', '--api-key', 'k', '-ctk', 'q8_0', '-ctv', 'q8_0']
    expect(await kvOf({ contextTokens: 16_384, extraArgs: q8 })).toBe((8 * 512 * 2 * 34 * 16_384) / 32)
  })

  it('is of no help with a file that is no model', async () => {
    const path = join(dir, 'no.gguf')
    writeFileSync(path, 'GGUF but not really')
    expect((await plannerOf(server).ask(llamaCppProfile(path))).kind).toBe('failed')
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { RunnerView } from '../../src/shared/model/runner.ts'
import { somePort } from '../support/discovery-home.ts'
import { makeHome, startHeadless, type HeadlessCore, type Home } from '../support/headless-core.ts'
import { llamaServerOrSkip, needsLlamaServer } from '../support/llama-server.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { isAlive, until } from '../support/until.ts'

const found = await llamaServerOrSkip()
const NAMES = ['one', 'two']

describe('a core that is killed with two runners up', () => {
  beforeEach(needsLlamaServer(found))
  let home: Home
  beforeAll(() => {
    home = makeHome('path' in found ? { llamacpp: { binary: found.path } } : {})
    for (const name of NAMES) makeGguf(join(home.dir, `${name}.gguf`))
  })
  afterAll(() => home.remove())

  const readyOnes = (core: HeadlessCore): Promise<readonly RunnerView[]> =>
    until('both to be ready', async () => {
      const list = await core.client.call('runners.list', {})
      if (!list.ok) throw new Error(list.error.message)
      const views = list.value as readonly RunnerView[]
      const failed = views.find(({ state }) => state === 'failed')
      if (failed !== undefined) throw new Error(failed.text)
      return views.length === NAMES.length && views.every(({ state }) => state === 'ready') && views
    })

  test('the next one takes both back, starts none, and sees none of them as started elsewhere', async () => {
    const first = await startHeadless(home)
    for (const name of NAMES) {
      const target = join(home.dir, `${name}.gguf`)
      const settings = { contextTokens: 512, port: await somePort() }
      const started = await first.client.call('runners.start', { target, settings })
      expect(started).toMatchObject({ ok: true })
    }
    const before = await readyOnes(first)
    const pids = before.flatMap((view) => view.pids)
    expect(await first.end('SIGKILL')).toBe('SIGKILL')
    expect(pids.filter(isAlive)).toEqual(pids)

    const second = await startHeadless(home)
    try {
      const after = await readyOnes(second)
      const shape = (views: readonly RunnerView[]): unknown =>
        views.map(({ id, pids: own, port, startedAtMs }) => ({ id, own, port, startedAtMs }))
      expect(shape(after)).toEqual(shape(before))
      expect(serversOf(home.dir)).toEqual(pids.toSorted((a, b) => a - b))
      const elsewhere = await second.client.call('runners.found', {})
      expect(elsewhere.ok && elsewhere.value.filter(({ pid }) => pids.includes(pid))).toEqual([])
      for (const { id } of after) {
        expect(await second.client.call('runners.stop', { id })).toMatchObject({
          ok: true,
          value: { left: [] }
        })
      }
    } finally {
      expect(await second.end()).toBe(0)
      for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL')
    }
    expect(serversOf(home.dir)).toEqual([])
  })
})

/** Processes with a model of this folder on their command line. */
const serversOf = (folder: string): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return text.includes(folder) && text.includes('.gguf') && isAlive(pid)
      } catch {
        return false
      }
    })
    .sort((a, b) => a - b)

import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { somePort, startElsewhere } from '../support/discovery-home.ts'
import { makeHome, startHeadless, type HeadlessCore, type Home } from '../support/headless-core.ts'
import { llamaServerOrSkip, needsLlamaServer } from '../support/llama-server.ts'
import { makeGguf } from '../support/make-gguf.ts'
import { isAlive, until } from '../support/until.ts'

const CLI = resolve(import.meta.dirname, '../../out/main/cli.js')
const server = await llamaServerOrSkip()
const binary = 'path' in server ? server.path : ''

interface Entry {
  readonly id: string
  readonly state: string
  readonly pids: readonly number[]
  readonly url: string | null
}

describe('firebreakctl with a llama-server that was started elsewhere', () => {
  beforeEach(needsLlamaServer(server))
  let home: Home
  let core: HeadlessCore
  beforeAll(async () => {
    home = makeHome()
    makeGguf(join(home.dir, 'outside.gguf'))
    core = await startHeadless(home)
  })
  afterAll(async () => {
    await core.end()
    home.remove()
  })

  const cli = (...args: readonly string[]): Promise<{ exit: number; json: unknown; stderr: string }> =>
    new Promise((settle) => {
      execFile(process.execPath, [CLI, ...args, '--json'], { env: home.env }, (error, stdout, stderr) => {
        const exit = typeof error?.code === 'number' ? error.code : 0
        settle({ exit, json: stdout === '' ? null : JSON.parse(stdout), stderr })
      })
    })
  const startServer = async (): Promise<number> => {
    const args = ['-m', join(home.dir, 'outside.gguf'), '-c', '512', '--port', String(await somePort())]
    return startElsewhere(binary, args, home.dir).pid ?? 0
  }
  const entryOf = (pid: number, state: string): Promise<Entry> =>
    until(`process ${pid} to be ${state}`, async () => {
      const { json } = await cli('runners')
      return (json as readonly Entry[]).find((one) => one.pids.includes(pid) && one.state === state)
    })

  test('lists it, adopts it, guards it as its own, stops it with proof, keeps its profile', async () => {
    const pid = await startServer()
    const found = await entryOf(pid, 'found')
    expect(found.id).toBe(String(pid))
    const adopted = await cli('adopt', String(pid))
    expect(adopted).toMatchObject({ exit: 0, json: { id: 'outside', kind: 'llamacpp', pids: [pid] } })
    expect(await entryOf(pid, 'ready')).toMatchObject({ id: 'outside' })
    await until('the guard to have it among its own', async () => {
      const view = await core.client.call('guard.get', {})
      if (!view.ok) return null
      const { victims, refused } = view.value.ranking
      return [...victims, ...refused].some(({ id, kind }) => id === 'outside' && kind === 'runner')
    })
    expect((await cli('adopt', String(pid))).exit).toBe(2)
    const logs = await cli('logs', 'outside')
    expect(logs.json).toMatchObject({
      text: expect.stringContaining('Its output goes where it was started.')
    })
    expect(await cli('stop', 'outside', '--wait')).toMatchObject({
      exit: 0,
      json: { id: 'outside', left: [] }
    })
    expect(isAlive(pid)).toBe(false)
    expect((await cli('profiles')).json).toMatchObject([{ id: 'outside', settings: { contextTokens: 512 } }])
  })

  test('stops it without taking it over', async () => {
    const pid = await startServer()
    await entryOf(pid, 'found')
    expect(await cli('stop', String(pid), '--wait')).toMatchObject({
      exit: 0,
      json: { id: String(pid), left: [] }
    })
    expect(isAlive(pid)).toBe(false)
  })
})
